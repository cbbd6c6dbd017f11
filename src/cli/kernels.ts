/** Kernel timings on the command line: kept in a file of the user's cache folder. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Choices } from '../gpu/kernels/choose.ts'
import { messageOf } from '../message.ts'
import { type ChoiceStore, type PrepareOptions, prepareKernels } from '../train/kernels.ts'
import { progress, say } from './terminal.ts'

const cacheFile = () => join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'selectivity-lab', 'kernels.json')

function readAll(file: string): Record<string, Choices> {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    // Missing or damaged: it is only a cache, and is written anew.
    return {}
  }
}

/** Timings in one JSON file. What cannot be written is measured again the next time. */
export const fileStore = (file = cacheFile()): ChoiceStore => ({
  read: async (key) => readAll(file)[key] ?? null,
  write: async (key, choices) => {
    try {
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, `${JSON.stringify({ ...readAll(file), [key]: choices }, null, 2)}\n`)
    } catch (error) {
      say(`Warning: the kernels' timings could not be kept: ${messageOf(error)}`)
    }
  },
})

/** Prepares kernels and says what is going on. */
export function preparedKernels(options: Omit<PrepareOptions, 'store' | 'now' | 'onProgress'>, driver: string) {
  const timing = progress({ label: 'Timing kernels once for this adapter (--untuned skips it)', unit: 'variants' })
  const onProgress = (done: number, total: number, work: string) => timing(done, total, () => work)
  return prepareKernels({ ...options, store: fileStore(), now: () => performance.now(), onProgress }, driver)
}
