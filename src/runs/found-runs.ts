/** Finds the runs in dropped, chosen and fetched items: zips, run folders, and plans with a folder for each run. */
import { messageOf } from '../message.ts'
import type { FileInfo, RunFiles } from './format/files.ts'
import { logName } from './format/log.ts'
import { zippedRuns } from './format/zip-files.ts'
import { isRunPath } from './run-paths.ts'

/** A file of an item. */
export interface NamedFile {
  /** The path inside the item, with `/`. */
  readonly path: string
  readonly file: Blob
}

export interface FoundRun {
  /** The path of its folder in the item; empty for the item itself. */
  readonly folder: string
  /** The run's own files; everything else in the folder is left out. */
  readonly files: RunFiles
}

export interface FoundRuns {
  readonly runs: readonly FoundRun[]
  /** A sentence for each item without a run, and for each damaged zip. */
  readonly problems: readonly string[]
}

/** Only the files that a run's folder has: no other path is read or copied. */
export const ownFiles = (files: RunFiles): RunFiles => ({
  read: async (path) => (isRunPath(path) ? files.read(path) : null),
  list: async (folder) =>
    (await files.list(folder)).filter(({ name }) => isRunPath(folder === '' ? name : `${folder}/${name}`)),
})

const isLog = ({ path }: NamedFile) => path === logName || path.endsWith(`/${logName}`)

const parentOf = (path: string) => path.slice(0, Math.max(0, path.lastIndexOf('/')))

/** The files of a folder among those of an item. */
function folderFiles(all: readonly NamedFile[], folder: string): RunFiles {
  const start = folder === '' ? '' : `${folder}/`
  const own = new Map(
    all.flatMap(({ path, file }) => (path.startsWith(start) ? [[path.slice(start.length), file] as const] : [])),
  )
  const inFolder = (inner: string): FileInfo[] =>
    [...own].flatMap(([path, { size }]) =>
      parentOf(path) === inner ? [{ name: path.slice(inner === '' ? 0 : inner.length + 1), bytes: size }] : [],
    )
  return ownFiles({ read: async (path) => own.get(path) ?? null, list: async (inner) => inFolder(inner) })
}

const byFolder = (a: FoundRun, b: FoundRun) => a.folder.localeCompare(b.folder, 'en', { numeric: true })

const hint = 'Choose a zip made by “Export run”, or a run folder of the command line (with events.jsonl).'

const found = (runs: readonly FoundRun[], from: string): FoundRuns => ({
  runs: [...runs].sort(byFolder),
  problems: runs.length === 0 ? [`${from} contains no run. ${hint}`] : [],
})

const inFiles = (files: readonly NamedFile[]): FoundRun[] =>
  files.filter(isLog).map(({ path }) => ({ folder: parentOf(path), files: folderFiles(files, parentOf(path)) }))

async function inZip({ file, path }: NamedFile): Promise<FoundRuns> {
  try {
    const runs = await zippedRuns(file)
    return found(
      runs.map(({ place, files }) => ({ folder: place, files: ownFiles(files) })),
      path,
    )
  } catch (error) {
    const problem = `${path} is damaged or not a zip (${messageOf(error)}); export or download it again`
    return { runs: [], problems: [problem] }
  }
}

const isZip = ({ path }: NamedFile) => /\.zip$/i.test(path)

/** The runs among the files of one or more items; zips among them are opened. `from` names the items. Does not reject. */
export async function findRuns(files: readonly NamedFile[], from: string): Promise<FoundRuns> {
  const [zips, others] = [files.filter(isZip), files.filter((file) => !isZip(file))]
  const all: FoundRuns[] = []
  for (const zip of zips) all.push(await inZip(zip))
  if (zips.length === 0 || others.some(isLog)) all.push(found(inFiles(others), from))
  return { runs: all.flatMap(({ runs }) => runs), problems: all.flatMap(({ problems }) => problems) }
}
