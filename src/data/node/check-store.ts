/** Checks of sets on the command line: a file a set in the user's cache folder. What cannot be written is found out again. */
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { CheckStore, Checks } from '../set/checks.ts'

const cacheFolder = () => join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'selectivity-lab', 'checks')

export function fileChecks(folder = cacheFolder()): CheckStore {
  const fileOf = (name: string) => join(folder, `${createHash('sha256').update(name).digest('hex').slice(0, 32)}.json`)
  return {
    read: async (name) => {
      try {
        return JSON.parse(readFileSync(fileOf(name), 'utf8')) as Checks
      } catch {
        // Missing or damaged: it is only a cache.
        return null
      }
    },
    write: async (name, checks) => {
      try {
        mkdirSync(folder, { recursive: true })
        writeFileSync(`${fileOf(name)}.part`, JSON.stringify(checks))
        renameSync(`${fileOf(name)}.part`, fileOf(name))
      } catch {
        // A full disk or a folder that is not ours: the set is read again the next time.
      }
    },
  }
}
