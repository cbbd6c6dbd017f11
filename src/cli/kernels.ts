/** Stores kernel timings of the command line in a file of the user's cache folder. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { messageOf } from '../message.ts'
import { type ChoiceStore, type PrepareOptions, prepareKernels } from '../train/kernels.ts'
import { progress, say } from './terminal.ts'

const cacheFile = () => join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'selectivity-lab', 'kernels.json')

function readAll(file: string): Record<string, unknown> {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    // Missing or damaged: the file is only a cache, and the next write replaces it.
    return {}
  }
}

/** Timings in one JSON file. After a failed write the next run measures again. */
export const fileStore = (file = cacheFile()): ChoiceStore => ({
  read: async (key) => readAll(file)[key] ?? null,
  write: async (key, tuned) => {
    try {
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, `${JSON.stringify({ ...readAll(file), [key]: tuned }, null, 2)}\n`)
    } catch (error) {
      say(`Warning: could not save the kernel timings: ${messageOf(error)}`)
    }
  },
})

/** Prepares kernels and reports progress on the terminal. */
export function preparedKernels(options: Omit<PrepareOptions, 'store' | 'now' | 'onProgress'>, driver: string) {
  const timing = progress({ label: 'Timing kernels once for this adapter (--untuned skips it)', unit: 'convolutions' })
  const onProgress = (done: number, total: number, work: string) => timing(done, total, () => work)
  return prepareKernels({ ...options, store: fileStore(), now: () => performance.now(), onProgress }, driver)
}
