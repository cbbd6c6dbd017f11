/** Stores the checks of datasets for the command line: one file per dataset in the user's cache folder. */
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
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
        // The file is missing or damaged; the dataset is checked again.
        return null
      }
    },
    write: async (name, checks) => {
      const part = `${fileOf(name)}.${process.pid}.part`
      try {
        mkdirSync(folder, { recursive: true })
        writeFileSync(part, JSON.stringify(checks))
        renameSync(part, fileOf(name))
      } catch {
        // A full disk or a folder without permission: the dataset is checked again at the next visit.
        await rm(part, { force: true }).catch(() => {})
      }
    },
  }
}
