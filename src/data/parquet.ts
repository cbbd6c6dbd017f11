/**
 * Parquet files of images, as on the Hugging Face hub: a column of image bytes and one of labels. By hyparquet, which reads
 * by ranges in the browser and in Node alike; only the labels are read at first, an image's bytes when it is needed.
 */
import { type AsyncBuffer, type FileMetaData, parquetMetadataAsync, parquetRead, parquetSchema } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import type { Entry } from './entry.ts'
import { DataError } from './source.ts'

export const isParquet = (head: Uint8Array): boolean => new TextDecoder().decode(head.subarray(0, 4)) === 'PAR1'

const bufferOf = (blob: Blob): AsyncBuffer => ({
  byteLength: blob.size,
  slice: (start, end) => blob.slice(start, end).arrayBuffer(),
})

const labelColumns = ['label', 'labels', 'fine_label', 'class', 'cls', 'target']
const imageColumns = ['image', 'img', 'picture', 'jpg', 'jpeg', 'png', 'webp']

const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

/** Names of the classes, from what the hub's own library leaves in the file. */
function classNames(metadata: FileMetaData, column: string): readonly string[] | null {
  const text = metadata.key_value_metadata?.find(({ key }) => key === 'huggingface')?.value
  if (!text) return null
  try {
    const names = JSON.parse(text)?.info?.features?.[column]?.names
    return Array.isArray(names) && names.every((name) => typeof name === 'string') ? names : null
  } catch {
    return null
  }
}

/** Ranges of rows that lie together in the file. */
function rowGroups({ row_groups: groups }: FileMetaData): { from: number; to: number }[] {
  let at = 0
  return groups.map(({ num_rows: rows }) => {
    const from = at
    at += Number(rows)
    return { from, to: at }
  })
}

/** Groups of rows whose images are kept in memory for the next reads, which are often neighbours. */
const groupsKept = 4

function imageReader(file: AsyncBuffer, metadata: FileMetaData, column: string) {
  const groups = rowGroups(metadata)
  const kept = new Map<number, Promise<Uint8Array[]>>()
  const load = async ({ from, to }: { from: number; to: number }) => {
    const images: Uint8Array[] = []
    const options = { file, metadata, compressors, columns: [column], rowStart: from, rowEnd: to, utf8: false }
    await parquetRead({
      ...options,
      onComplete: (rows) => {
        for (const [value] of rows) images.push(bytesOf(value))
      },
    })
    return images
  }
  return async (row: number): Promise<Uint8Array> => {
    const at = groups.findIndex(({ to }) => row < to)
    const known = kept.get(at) ?? load(groups[at])
    // The newest last.
    kept.delete(at)
    kept.set(at, known)
    for (const oldest of [...kept.keys()].slice(0, -groupsKept)) kept.delete(oldest)
    return (await known)[row - groups[at].from]
  }
}

/** The bytes of a cell: alone, or as the hub has them beside a path. */
function bytesOf(value: unknown): Uint8Array {
  const bytes = value instanceof Uint8Array ? value : (value as { bytes?: unknown } | null)?.bytes
  if (bytes instanceof Uint8Array) return bytes
  throw new Error('the row holds no image bytes')
}

/** The images of a file, labelled. Throws DataError for a broken file, and for one without images or labels. */
export async function parquetEntries(blob: Blob, name: string): Promise<Entry[]> {
  const file = bufferOf(blob)
  const metadata = await parquetMetadataAsync(file).catch((error) => {
    throw new DataError(`${name} cannot be read as a parquet file (${reasonOf(error)}); download it again`)
  })
  const columns = parquetSchema(metadata).children.map(({ element }) => element.name)
  const [image, label] = [imageColumns, labelColumns].map((known) => known.find((one) => columns.includes(one)))
  if (!image || !label) {
    throw new DataError(
      `${name} has the columns ${columns.join(', ')}; wanted are image bytes (${imageColumns.slice(0, 2).join(' or ')}) and a label (${labelColumns.slice(0, 2).join(' or ')})`,
    )
  }
  const names = classNames(metadata, label)
  const labels: unknown[] = []
  await parquetRead({
    file,
    metadata,
    compressors,
    columns: [label],
    onComplete: (rows) => {
      for (const [value] of rows) labels.push(value)
    },
  })
  const read = imageReader(file, metadata, image)
  const digits = String(labels.length).length
  return labels.map((value, row) => ({
    path: `${String(row).padStart(digits, '0')}.image`,
    size: 0,
    read: () => read(row),
    classId: names?.[Number(value)] ?? String(value),
  }))
}
