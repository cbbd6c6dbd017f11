/** What every command that computes needs: a GPU, a data set. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileChecks } from '../data/node/check-store.ts'
import { openSource } from '../data/node/open.ts'
import type { ImageSet } from '../data/source.ts'
import { openGpu } from '../gpu/backend.ts'
import { openNodeGpu } from '../gpu/node/driver.ts'
import type { Gpu } from '../gpu/read.ts'
import { UsageError } from './arguments.ts'
import { occasionally, say } from './terminal.ts'

export const hostName = `Node ${process.versions.node}, ${process.platform} ${process.arch}`

/** Opens the GPU and says which one, and from where its driver came. */
export async function openHostGpu(): Promise<{ gpu: Gpu; driver: string }> {
  const { gpu: webgpu, driver } = await openNodeGpu()
  const gpu = await openGpu(webgpu)
  say(`Adapter: ${gpu.adapter.name} (${driver})`)
  return { gpu, driver }
}

/** Reads a data set, with progress. A path that does not exist is a UsageError. */
export async function readSource(
  source: string,
  split: { validationFraction: number; seed: number },
  signal: AbortSignal,
): Promise<ImageSet> {
  if (source !== 'cifar10' && !existsSync(source)) throw new UsageError(`no such data source: ${resolve(source)}`)
  const progress = occasionally(2000)
  const set = await openSource(
    source,
    split,
    (done, total) => progress(() => `Reading images: ${done} of ${total}`),
    signal,
    fileChecks(),
  )
  const { train, validation } = set.report.images
  say(
    `Data: ${set.classes.length} classes, ${train} training and ${validation} held-out images, ${set.report.unreadable.length} unreadable`,
  )
  return set
}
