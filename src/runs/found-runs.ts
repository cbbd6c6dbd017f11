/** Finds the runs among the files of a dropped item: one run, or a plan with a folder for each run. */
import type { FileInfo, RunFiles } from './format/files.ts'
import { isRunPath, logFile } from './run-paths.ts'
import type { RunPart } from './zip-parts.ts'

export interface FoundRun {
  /** The path of its folder in the item; empty for the item itself. */
  readonly folder: string
  readonly files: RunFiles
  /** The paths of its files. */
  readonly paths: readonly string[]
}

const isLog = ({ path }: RunPart) => path === logFile || path.endsWith(`/${logFile}`)

const folderOf = ({ path }: RunPart) => path.slice(0, -logFile.length).replace(/\/$/, '')

/** Files as a run's folder, for reading. */
export function partFiles(parts: ReadonlyMap<string, RunPart>): RunFiles {
  const inFolder = (folder: string): FileInfo[] =>
    [...parts].flatMap(([path, { bytes }]) => {
      const at = path.lastIndexOf('/')
      return path.slice(0, Math.max(0, at)) === folder ? [{ name: path.slice(at + 1), bytes }] : []
    })
  return {
    read: async (path) => (await parts.get(path)?.read()) ?? null,
    list: async (folder) => inFolder(folder),
  }
}

function runIn(parts: readonly RunPart[], folder: string): FoundRun {
  const start = folder === '' ? '' : `${folder}/`
  const own = new Map<string, RunPart>()
  for (const part of parts) {
    if (!part.path.startsWith(start)) continue
    const path = part.path.slice(start.length)
    if (isRunPath(path)) own.set(path, part)
  }
  return { folder, files: partFiles(own), paths: [...own.keys()] }
}

/** The runs among some files, in the order of their folders. */
export const foundRuns = (parts: readonly RunPart[]): FoundRun[] =>
  parts
    .filter(isLog)
    .map(folderOf)
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .map((folder) => runIn(parts, folder))
