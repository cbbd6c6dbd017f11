/** The files of a run's folder. Everything else in an imported zip or folder is left out. */
import type { RunFiles } from './format/files.ts'
import { infoName } from './format/info.ts'
import { logName } from './format/log.ts'
import { unitsName } from './format/units.ts'
import { tables } from './tables.ts'

const ownFiles: ReadonlySet<string> = new Set([
  infoName,
  'config.json',
  'environment.json',
  logName,
  unitsName,
  ...Object.values(tables).map(({ file }) => file),
])

/** A name that every file system and the browser's storage take: no separator, no leading dot. */
const innerFile = /^(checkpoints|resume)\/[A-Za-z0-9][A-Za-z0-9._-]{0,120}\.(safetensors|json)$/

/** Whether a path inside a run's folder is one of the run's own files that its logs cannot replace. */
export const isRunPath = (path: string): boolean => ownFiles.has(path) || innerFile.test(path)

/** The folders that a run's folder has. */
export const innerFolders = ['checkpoints', 'resume'] as const

/** The order in which a copy is written: a folder with events.jsonl is complete but for run.json. */
const late = [logName, infoName]
export const inCopyOrder = (paths: readonly string[]): string[] => [
  ...paths.filter((path) => !late.includes(path)),
  ...late.filter((path) => paths.includes(path)),
]

/** The paths of the run's own files in a folder. */
export async function runPaths(files: RunFiles): Promise<string[]> {
  const paths: string[] = []
  for (const folder of ['', ...innerFolders])
    for (const { name } of await files.list(folder)) paths.push(folder === '' ? name : `${folder}/${name}`)
  return paths.filter(isRunPath)
}
