/** Opens a source that the command line names. */
import { openAsBlob } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { archiveEntries, stamped, withArchives } from '../archive.ts'
import { openCifar10 } from '../cifar10.ts'
import { type OpenOptions, openSet } from '../read-set.ts'
import { DataError, type ImageSet, type OnProgress } from '../source.ts'
import { decode } from './decode.ts'
import { folderEntries } from './folder.ts'
import { inflateToFile } from './inflate.ts'

const host = { inflate: inflateToFile }
const namesFile = fileURLToPath(new URL('../../../public/wordnet-names.txt', import.meta.url))
const readNames = () => readFile(namesFile, 'utf8')

const cifar10Folder = fileURLToPath(new URL('../../../public/data/cifar10/', import.meta.url))

/** `cifar10`, or the path of a folder or an archive. Throws DataError, or AbortError. */
export async function openSource(
  source: string,
  split: { readonly validationFraction: number; readonly seed: number },
  onProgress: OnProgress,
  signal: AbortSignal,
  options: Pick<OpenOptions, 'checks' | 'keep' | 'skip'> = {},
): Promise<ImageSet> {
  if (source === 'cifar10') return openCifar10((name) => readFile(`${cifar10Folder}${name}`))
  const path = resolve(source)
  const info = await stat(path).catch(() => null)
  if (!info) throw new DataError(`no such folder or archive: ${path}`)
  const name = basename(path)
  const entries = info.isDirectory()
    ? await withArchives(await folderEntries(path), host, signal)
    : stamped(await archiveEntries(await openAsBlob(path), name, host, signal), `${info.size} ${info.mtimeMs}`)
  return openSet(entries, { name, decode, readNames, ...options, ...split }, onProgress, signal)
}
