/** Stores the checks of datasets for the command line: one file per source in the user's cache folder. */
import { createHash } from 'node:crypto'
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  writeSync,
} from 'node:fs'
import { rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { CheckStore, StoredChecks } from '../set/checks.ts'
import { isAbandoned, partName } from './part-files.ts'

const cacheFolder = () => join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'selectivity-lab', 'checks')

/** Writes a file that appears as a whole. */
function writeWhole(part: string, file: string, text: string): void {
  const number = openSync(part, 'w')
  try {
    const bytes = Buffer.from(text)
    for (let at = 0; at < bytes.length; ) at += writeSync(number, bytes, at)
    fsyncSync(number)
  } finally {
    closeSync(number)
  }
  renameSync(part, file)
}

function startOf(file: string, length: number): string {
  const number = openSync(file, 'r')
  try {
    const bytes = Buffer.alloc(length)
    return bytes.toString('utf8', 0, readSync(number, bytes, 0, length, 0))
  } finally {
    closeSync(number)
  }
}

/** The stores that no one reads: of other versions of the lab or its decoders, and those that a process left unfinished. */
function uselessFiles(folder: string, { format, decoders }: StoredChecks): string[] {
  const start = JSON.stringify({ format, decoders }).slice(0, -1)
  return readdirSync(folder).filter((name) => {
    if (name.endsWith('.part')) return isAbandoned(name)
    return name.endsWith('.json') && startOf(join(folder, name), start.length) !== start
  })
}

export function fileChecks(folder = cacheFolder()): CheckStore {
  const fileOf = (source: string) =>
    join(folder, `${createHash('sha256').update(source).digest('hex').slice(0, 32)}.json`)
  return {
    read: async (source) => {
      try {
        return JSON.parse(readFileSync(fileOf(source), 'utf8')) as unknown
      } catch {
        // The file is missing or damaged; the dataset is checked again.
        return null
      }
    },
    write: async (source, { format, decoders, checks }) => {
      const part = join(folder, partName())
      try {
        mkdirSync(folder, { recursive: true })
        writeWhole(part, fileOf(source), JSON.stringify({ format, decoders, checks }))
        for (const name of uselessFiles(folder, { format, decoders, checks }))
          await rm(join(folder, name), { force: true })
      } catch {
        // A full disk or a folder without permission: the dataset is checked again at the next visit.
        await rm(part, { force: true }).catch(() => {})
      }
    },
  }
}
