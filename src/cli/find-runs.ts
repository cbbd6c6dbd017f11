/** Finds recorded runs: run folders, folders of runs, and zips of runs. */
import { type Dirent, existsSync, readdirSync, statSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { type OpenFile, openFile } from '../data/node/file-blob.ts'
import { messageOf } from '../message.ts'
import type { RunFiles } from '../runs/format/files.ts'
import { zippedRuns } from '../runs/format/zip-files.ts'
import { FlagError, UsageError } from './arguments.ts'
import { readFolder } from './run-disk.ts'

export interface FoundRun {
  /** Its path in the folder or zip that the user named; with several of these, their name comes first. Unique. */
  readonly name: string
  readonly files: RunFiles
  /** Its folder; null in a zip. */
  readonly folder: string | null
}

/** Disposing of it closes the zips. */
export interface FoundRuns extends AsyncDisposable {
  /** At least one. */
  readonly runs: readonly FoundRun[]
  /** Whether the user named one run instead of a folder or zip of runs. */
  readonly isOne: boolean
}

/** The number of folder levels that are searched for runs. */
const depth = 3

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch (error) {
    throw new UsageError(`cannot list ${folder}: ${messageOf(error)}`)
  }
}

/** Returns the run folders inside a folder, sorted by name; numbers in names are sorted by value. */
function runFolders(folder: string, left = depth): string[] {
  if (existsSync(join(folder, 'events.jsonl'))) return [folder]
  if (left === 0) return []
  const inside = entriesOf(folder).filter((entry) => entry.isDirectory())
  const names = inside.map(({ name }) => name).sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
  return names.flatMap((name) => runFolders(join(folder, name), left - 1))
}

/** A run and its place in the folder or zip that the user named; the place is '' where that is the run itself. */
interface Placed extends Omit<FoundRun, 'name'> {
  readonly place: string
}

const placedFolders = (path: string): Placed[] =>
  runFolders(path).map((folder) => ({
    place: relative(path, folder).replaceAll('\\', '/'),
    files: readFolder(folder),
    folder,
  }))

const zipName = /\.zip$/i

async function placedInZip(path: string, zip: Blob): Promise<Placed[]> {
  try {
    return (await zippedRuns(zip)).map(({ place, files }) => ({ place, files, folder: null }))
  } catch (error) {
    throw new UsageError(
      zipName.test(path)
        ? `${path} is damaged or not a zip (${messageOf(error)}); export it again`
        : `${path} is a file; name the run folder, a folder of runs, or a zip of runs`,
    )
  }
}

/** The runs of a path, with names; `prefix` puts the name of the path before a run's place inside it. */
async function runsAt(path: string, zip: OpenFile | null, prefix: boolean) {
  const own = basename(resolve(path)).replace(zip ? zipName : '', '')
  const placed = zip ? await placedInZip(path, zip.blob) : placedFolders(path)
  return placed.map(({ place, ...run }) => ({
    ...run,
    name: place === '' ? own : prefix ? `${own}/${place}` : place,
    isWhole: place === '',
  }))
}

/** Throws UsageError where two runs have one name. */
function requireDistinct(runs: readonly FoundRun[]): void {
  const names = runs.map(({ name }) => name)
  const twice = names.find((name, i) => names.indexOf(name) < i)
  if (twice !== undefined)
    throw new UsageError(`two runs have the name ${twice}; name a folder that contains both, or rename one`)
}

function requireSome(runs: readonly FoundRun[], paths: readonly string[], zips: readonly OpenFile[]): void {
  if (runs.length > 0) return
  const cure = zips.length > 0 ? '; use a zip from “Export run” or from `npm run lab -- pack`' : ''
  throw new UsageError(`no runs in ${paths.join(', ')}${cure}`)
}

/** Finds all runs in some folders and zips. Rejects with UsageError, also where there is none. */
export async function findRuns(paths: readonly string[]): Promise<FoundRuns> {
  if (paths.length === 0) throw new FlagError('missing argument: a run folder, a folder of runs, or a zip of runs')
  const missing = paths.find((path) => !existsSync(path))
  if (missing !== undefined) throw new UsageError(`no such folder or zip: ${missing}`)
  const zips: OpenFile[] = []
  const close = async () => {
    for (const zip of zips) await zip.close()
  }
  try {
    const all = []
    for (const path of paths) {
      const zip = statSync(path).isDirectory() ? null : await openFile(path)
      if (zip) zips.push(zip)
      all.push(...(await runsAt(path, zip, paths.length > 1)))
    }
    requireSome(all, paths, zips)
    requireDistinct(all)
    return { runs: all, isOne: all.length === 1 && all[0].isWhole, [Symbol.asyncDispose]: close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Finds the one run of a folder or zip. Rejects with UsageError where there are several. */
export async function findRun(path: string): Promise<{ readonly run: FoundRun } & AsyncDisposable> {
  const found = await findRuns([path])
  const [run, other] = found.runs
  if (!other) return { run, [Symbol.asyncDispose]: () => found[Symbol.asyncDispose]() }
  await found[Symbol.asyncDispose]()
  const cure = run.folder === null ? 'unpack it, and name the folder of one' : 'name one of them'
  throw new UsageError(`${path} has several runs (${run.name}, ${other.name}, …); ${cure}`)
}

/** Where a command writes what it found in runs: the first folder, or the folder around the first zip. */
export const resultFolder = (paths: readonly string[]): string =>
  paths.find((path) => statSync(path).isDirectory()) ?? dirname(paths[0])
