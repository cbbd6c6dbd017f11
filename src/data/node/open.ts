/** Opens a source that the command line names. */
import { readFile, stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { archiveListing, stamped, withArchives } from '../archives/archive.ts'
import { usable } from '../archives/listing.ts'
import { openCifar10 } from '../open/cifar10.ts'
import { type OpenOptions, openSet } from '../set/read-set.ts'
import { DataError, type ImageSet, type OnProgress } from '../source.ts'
import { decode } from './decode.ts'
import { fileBlob } from './file-blob.ts'
import { folderListing } from './folder.ts'
import { fileHost } from './inflate.ts'

const namesFile = fileURLToPath(new URL('../../../public/wordnet-names.txt', import.meta.url))
const readNames = () => readFile(namesFile, 'utf8')

const cifar10Folder = fileURLToPath(new URL('../../../public/data/cifar10/', import.meta.url))

/** `cifar10`, or the path of a folder or an archive. While files are listed, progress has a total of 0. Throws DataError, or AbortError. */
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
  const onFound = (count: number) => onProgress(count, 0)
  const found = info.isDirectory()
    ? await withArchives(await folderListing(path, signal, onFound), fileHost, signal, onFound)
    : stamped(
        await archiveListing(await fileBlob(path), name, fileHost, signal, onFound),
        `${info.size} ${info.mtimeMs}`,
      )
  const { entries, refused } = usable(found, name)
  return openSet(entries, { name, decode, readNames, refused, ...options, ...split }, onProgress, signal)
}
