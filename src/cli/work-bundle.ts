/** Packs the record and the tables of a run that a worker trained. */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { JobQueue } from '../experiments/queue/job-queue.ts'
import { type Bundle, mostBundleBytes, mostQueuedBytes } from '../experiments/queue/run-job.ts'
import { zipRuns } from '../runs/export.ts'
import { bytesOf, piecesOf } from '../runs/format/blobs.ts'
import { openFolder, readFolder } from './run-disk.ts'

export const bundleName = 'bundle.zip'

export async function hashOf(blob: Blob): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of piecesOf(blob)) hash.update(piece)
  return hash.digest('hex')
}

export interface BundleRequest {
  /** The run's folder. */
  readonly run: string
  readonly id: string
  /** The folder of runs, where the user named one. */
  readonly shared: string | null
  /** Bytes up to which the queue takes a bundle. */
  readonly most?: number
}

/** Leaves the bundle of a run in the queue or, where it is too large for that, in the shared folder of runs. */
export async function sendBundle(
  queue: JobQueue,
  { run, id, shared, most = mostQueuedBytes }: BundleRequest,
): Promise<Bundle> {
  const files = readFolder(run)
  const zip = await zipRuns([{ folder: '', name: run, files }], { checkpoints: false, resume: false, small: true })
  const about = { bytes: zip.size, sha256: await hashOf(zip) }
  if (zip.size <= most) {
    await queue.keep(id, await bytesOf(zip))
    return { at: 'queue', ...about }
  }
  const size = `The record has ${(zip.size / 1e6).toFixed(0)} MB`
  if (zip.size > mostBundleBytes) throw new Error(`${size}, which is too large to send; copy ${run} by hand`)
  if (shared === null)
    throw new Error(`${size}, which is too large for the queue; give workers and plan a shared folder with --runs`)
  await openFolder(join(shared, id)).replace(bundleName, zip)
  return { at: 'folder', ...about }
}
