/**
 * Archives, told apart by their content and indexed where they lie: .zip, .tar, .tar.gz, parquet; tars within a tar, as
 * ILSVRC2012 comes; and tars whose images have their labels beside them (WebDataset).
 */
import type { Entry } from './entry.ts'
import { isImage, readText } from './entry.ts'
import { isParquet, parquetEntries } from './parquet.ts'
import { DataError } from './source.ts'
import { isTar, tarEntries } from './tar.ts'
import { zipEntries } from './zip.ts'

/** What a host does for archives. */
export interface ArchiveHost {
  /** Unpacks gzip to where it can be read by ranges: a compressed stream cannot. */
  readonly inflate: (compressed: Blob, signal: AbortSignal) => Promise<Blob>
}

/** The browser's way, which Node knows too; browsers keep large blobs on disk. */
export const inflateToBlob: ArchiveHost['inflate'] = (compressed, signal) =>
  new Response(compressed.stream().pipeThrough(new DecompressionStream('gzip'), { signal })).blob()

const archiveNames = /\.(zip|tar|tgz|tar\.gz|parquet)$/i

export const isArchiveName = (path: string): boolean => archiveNames.test(path)

/** `train-00000-of-00002` of `data/train-00000-of-00002.parquet` */
const stem = (path: string) => path.slice(path.lastIndexOf('/') + 1).replace(archiveNames, '')

/** The entries of an archive. Throws DataError for anything else, with the cure, or AbortError. */
export async function archiveEntries(
  blob: Blob,
  name: string,
  host: ArchiveHost,
  signal: AbortSignal,
): Promise<Entry[]> {
  const head = new Uint8Array(await blob.slice(0, 512).arrayBuffer())
  if (head.length === 0) throw new DataError(`${name} is empty`)
  if (head[0] === 0x50 && head[1] === 0x4b) return zipEntries(blob, name)
  if (isTar(head)) return unfolded(await tarEntries(blob, name, signal), name, signal)
  if (isParquet(head)) return parquetEntries(blob, name)
  if (head[0] === 0x1f && head[1] === 0x8b)
    return archiveEntries(await inflated(blob, name, host, signal), name, host, signal)
  throw new DataError(`${name} is no .zip, .tar, .tar.gz or .parquet file; choose one of those, or a folder`)
}

async function inflated(blob: Blob, name: string, { inflate }: ArchiveHost, signal: AbortSignal): Promise<Blob> {
  try {
    return await inflate(blob, signal)
  } catch (error) {
    signal.throwIfAborted()
    const reason = error instanceof Error ? error.message : String(error)
    throw new DataError(`${name} cannot be unpacked (${reason}); download or pack it again`, { cause: error })
  }
}

/** Tars of a tar as folders of their name, and labels that lie beside images. */
async function unfolded(entries: readonly Entry[], name: string, signal: AbortSignal): Promise<Entry[]> {
  const all: Entry[] = []
  for (const entry of entries) {
    if (!entry.blob || !/\.tar$/i.test(entry.path)) all.push(entry)
    else {
      const inner = await tarEntries(entry.blob(), `${entry.path} in ${name}`, signal)
      for (const one of inner) all.push({ ...one, path: `${entry.path.replace(/\.tar$/i, '')}/${one.path}` })
    }
  }
  return besideLabels(all)
}

/** WebDataset: files of one name up to the first dot belong together; `.cls` or `.txt` holds the image's class. */
async function besideLabels(entries: readonly Entry[]): Promise<Entry[]> {
  const keyOf = (path: string) => {
    const folder = path.lastIndexOf('/') + 1
    const dot = path.indexOf('.', folder)
    return dot < 0 ? path : path.slice(0, dot)
  }
  const labels = new Map(entries.filter(({ path }) => /\.cls$/i.test(path)).map((entry) => [keyOf(entry.path), entry]))
  if (labels.size === 0) return [...entries]
  const found: Entry[] = []
  for (const entry of entries) {
    const label = isImage(entry) ? labels.get(keyOf(entry.path)) : undefined
    if (label) found.push({ ...entry, classId: (await readText(label)).trim() })
    else if (!/\.(cls|json|txt)$/i.test(entry.path)) found.push(entry)
  }
  return found
}

/** Which split an archive's name speaks of: `ILSVRC2012_img_train.tar`, `imagenet-val-000003.tar`, `test-00000-of-00001.parquet`. */
function splitFolder(name: string): 'train' | 'val' | 'test' | null {
  const words = name.toLowerCase().split(/[^a-z]+/)
  if (words.some((word) => word === 'train' || word === 'training')) return 'train'
  if (words.some((word) => ['val', 'valid', 'validation'].includes(word))) return 'val'
  return words.includes('test') ? 'test' : null
}

/** Entries that change when their archive does. */
export const stamped = (entries: readonly Entry[], stamp: string | undefined): Entry[] =>
  stamp === undefined ? [...entries] : entries.map((entry) => ({ ...entry, stamp: `${stamp} ${entry.size}` }))

/** Where an archive's entries go: below its split's folder where its name tells one; images that bring their own labels also below the archive's name. */
function placed(entries: readonly Entry[], path: string): Entry[] {
  const name = stem(path)
  const split = splitFolder(name)
  return entries.map((entry) => {
    const own = entry.classId === undefined ? entry.path : `${name}/${entry.path}`
    return { ...entry, path: split ? `${split}/${own}` : own }
  })
}

/**
 * Files with the archives among them opened. One archive alone is what it is; several belong together, each below the
 * split that its name tells.
 */
export async function withArchives(files: readonly Entry[], host: ArchiveHost, signal: AbortSignal): Promise<Entry[]> {
  const archives = files.filter(({ path, blob }) => blob && isArchiveName(path))
  if (archives.length === 0) return [...files]
  const opened: Entry[] = files.filter((file) => !archives.includes(file))
  for (const { path, blob, stamp } of archives) {
    if (!blob) continue
    const entries = await archiveEntries(blob(), path.slice(path.lastIndexOf('/') + 1), host, signal)
    for (const entry of placed(stamped(entries, stamp), path)) opened.push(entry)
  }
  return opened
}
