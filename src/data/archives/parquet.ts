/**
 * Parquet files of images in the form of the Hugging Face hub: a column of image bytes and a column of labels. hyparquet
 * reads them by ranges in the browser and in Node. Listing reads only the labels; an image's bytes are read on demand.
 */
import { type AsyncBuffer, type FileMetaData, parquetMetadataAsync, parquetRead, parquetSchema } from 'hyparquet'
import { type Entry, inWords, type Listing, type OnFound, type Refused, readingReason } from '../entry.ts'
import { DataError } from '../source.ts'
import { nothingLeft } from './listing.ts'
import { checkedGroups, type RowGroup, refuseBadFooter } from './parquet-checks.ts'
import { classNames, labelOf } from './parquet-labels.ts'
import { checkedPages } from './parquet-pages.ts'

export const isParquet = (head: Uint8Array): boolean => new TextDecoder().decode(head.subarray(0, 4)) === 'PAR1'

const bufferOf = (blob: Blob): AsyncBuffer => ({
  byteLength: blob.size,
  slice: (start, end) => blob.slice(start, end).arrayBuffer(),
})

const labelColumns = ['label', 'labels', 'fine_label', 'class', 'cls', 'target']
const imageColumns = ['image', 'img', 'picture', 'jpg', 'jpeg', 'png', 'webp']

/** A parquet file with its parsed footer. */
interface Table {
  readonly file: AsyncBuffer
  readonly metadata: FileMetaData
}

/** Reads the cells of a column in a group of rows. */
async function cellsOf({ file, metadata }: Table, column: string, group: RowGroup, utf8: boolean) {
  const cells: unknown[] = []
  const pages = await checkedPages(file, metadata, column, group)
  await parquetRead({
    ...pages,
    metadata,
    columns: [column],
    rowStart: group.from,
    rowEnd: group.to,
    utf8,
    onComplete: (rows) => {
      for (const [value] of rows) cells.push(value)
    },
  })
  return cells
}

/** Most image bytes in memory; the next reads are often in the same group. */
const memoryBytes = 2 ** 28

/** Returns a function that reads the image of a row; all images of a group are read together. */
function imageReader(table: Table, column: string) {
  const recent = new Map<RowGroup, Promise<unknown[]>>()
  return async (row: number, group: RowGroup): Promise<Uint8Array> => {
    const known = recent.get(group) ?? cellsOf(table, column, group, false)
    // The group moves to the end, where the most recent one is.
    recent.delete(group)
    recent.set(group, known)
    let bytes = 0
    for (const one of [...recent.keys()].reverse()) {
      bytes += one.bytes
      if (bytes > memoryBytes && one !== group) recent.delete(one)
    }
    const cells = await known.catch((error) => {
      throw new Error(reasonOf(error, 'the group of the row'), { cause: error })
    })
    return bytesOf(cells[row - group.from])
  }
}

const latin = new TextDecoder('latin1')

/** The bytes of a cell, which is either bytes or the hub's structure of bytes and path. */
function bytesOf(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value
  const { bytes, path } = (value ?? {}) as { bytes?: unknown; path?: unknown }
  if (bytes instanceof Uint8Array) return bytes
  const named = path instanceof Uint8Array ? `, only a file name (${latin.decode(path)})` : ''
  throw new Error(`the row contains no image bytes${named}`)
}

function columnsOf(metadata: FileMetaData, name: string): { image: string; label: string } {
  const columns = parquetSchema(metadata).children.map(({ element }) => element.name)
  const [image, label] = [imageColumns, labelColumns].map((known) => known.find((one) => columns.includes(one)))
  if (image && label) return { image, label }
  throw new DataError(
    `${name} has the columns ${columns.join(', ')}; expected image bytes (${imageColumns.slice(0, 2).join(' or ')}) and a label (${labelColumns.slice(0, 2).join(' or ')})`,
  )
}

/** Replaces the JavaScript errors that hyparquet throws for damaged files, which say nothing to a user. */
const reasonOf = (error: unknown, what: string) =>
  error instanceof TypeError || error instanceof RangeError ? `${what} is damaged` : readingReason(error)

async function openTable(blob: Blob, name: string): Promise<Table> {
  const file = bufferOf(blob)
  try {
    await refuseBadFooter(blob)
    return { file, metadata: await parquetMetadataAsync(file) }
  } catch (error) {
    throw new DataError(
      `${name} cannot be read as a parquet file (${reasonOf(error, 'its footer')}); download it again`,
      {
        cause: error,
      },
    )
  }
}

/**
 * Lists the labeled images of a file. Refuses rows without a label and damaged groups of rows. Throws DataError for a damaged
 * file and for a file without images or labels, or AbortError.
 */
export async function parquetListing(
  blob: Blob,
  name: string,
  signal?: AbortSignal,
  onFound?: OnFound,
): Promise<Listing> {
  const table = await openTable(blob, name)
  const { image, label } = columnsOf(table.metadata, name)
  const names = classNames(table.metadata, label, name)
  const { groups, refused: damaged } = checkedGroups(table.metadata, [image, label], blob.size)
  const listed = names ? { classList: names } : {}
  const read = imageReader(table, image)
  const digits = String(groups.at(-1)?.to ?? 0).length
  const pathOf = (row: number) => `${String(row).padStart(digits, '0')}.image`
  const entries: Entry[] = []
  const refused: Refused[] = [...damaged]
  for (const group of groups) {
    signal?.throwIfAborted()
    const cells = await cellsOf(table, label, group, true).catch((error) => reasonOf(error, 'the group of the row'))
    for (let row = group.from; row < group.to; row++) {
      const found = typeof cells === 'string' ? { reason: cells } : labelOf(cells[row - group.from], names)
      const path = pathOf(row)
      if ('reason' in found) refused.push({ path, reason: found.reason })
      else {
        const bytes = () => inWords(() => read(row, group))
        entries.push({ path, size: 0, place: `row ${row}`, read: bytes, ...found, ...listed })
      }
    }
    onFound?.(entries.length)
  }
  if (entries.length === 0 && refused.length > 0) throw nothingLeft(refused, name)
  return { entries, refused }
}
