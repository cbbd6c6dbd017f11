/**
 * Checks footers and row groups of parquet files before hyparquet reads them; parquet-pages.ts checks pages. hyparquet
 * trusts counts and lengths: it allocates what they state, and a run that is longer than its page ends the process.
 */
import type { ColumnMetaData, FileMetaData } from 'hyparquet'
import type { Refused } from '../entry.ts'

/** Rows that are stored together in the file. */
export interface RowGroup {
  readonly from: number
  readonly to: number
  /** Unpacked bytes of their images. */
  readonly bytes: number
}

/** Most consecutive bytes with the first bit set; a number in a valid footer has at most ten. */
const longestNumber = 4096
const longestFooter = 2 ** 28

/** Throws for a footer that takes too long to read: hyparquet's time for a number grows with the square of its length. */
export async function refuseBadFooter(blob: Blob): Promise<void> {
  const end = new Uint8Array(await blob.slice(-8).arrayBuffer())
  if (end.length < 8) throw new Error('it is too short')
  const length = new DataView(end.buffer).getUint32(0, true)
  if (length > Math.min(blob.size - 8, longestFooter)) throw new Error('the length of its footer is invalid')
  const footer = new Uint8Array(await blob.slice(blob.size - 8 - length, blob.size - 8).arrayBuffer())
  let run = 0
  for (const byte of footer) {
    run = byte & 0x80 ? run + 1 : 0
    if (run > longestNumber) throw new Error('its footer is damaged')
  }
}

export type Group = FileMetaData['row_groups'][number]

/** The column chunks of a group; a column of structures has several. */
export const chunksOf = (group: Group, columns: readonly string[]): ColumnMetaData[] =>
  group.columns.flatMap(({ meta_data: meta }) => (meta && columns.includes(meta.path_in_schema[0]) ? [meta] : []))

/** Most rows in a group of a file of images. */
const mostRows = 10_000_000

/** The defect of a group of rows, or null. */
function damageOf(group: Group, columns: readonly string[], fileSize: number): string | null {
  const rows = Number(group.num_rows)
  if (!(rows >= 0 && rows <= mostRows)) return `its number of rows, ${rows}, is invalid`
  const chunks = chunksOf(group, columns)
  if (columns.some((column) => !chunks.some(({ path_in_schema: path }) => path[0] === column)))
    return 'one of its columns is missing'
  for (const meta of chunks) {
    const [from, length] = [rangeOf(meta).from, Number(meta.total_compressed_size)]
    if (!(from >= 4 && length >= 0 && from + length <= fileSize)) return 'it reaches beyond the file'
    if (Number(meta.num_values) !== rows) return 'its numbers of rows and of values differ'
  }
  return null
}

/** Separates the groups of rows that can be read from the damaged ones. */
export function checkedGroups({ row_groups: groups }: FileMetaData, columns: readonly string[], fileSize: number) {
  const found: RowGroup[] = []
  const refused: Refused[] = []
  let from = 0
  for (const [i, group] of groups.entries()) {
    const damage = damageOf(group, columns, fileSize)
    if (damage) {
      refused.push({ path: `group ${i + 1} of rows`, reason: `the description of the group is damaged: ${damage}` })
      group.num_rows = 0n
      continue
    }
    const bytes = chunksOf(group, columns.slice(0, 1)).reduce((sum, c) => sum + Number(c.total_uncompressed_size), 0)
    const to = from + Number(group.num_rows)
    found.push({ from, to, bytes })
    from = to
  }
  return { groups: found, refused }
}

/** Byte range of a column chunk, starting with its dictionary. */
export function rangeOf(meta: ColumnMetaData): { from: number; to: number } {
  const from = Number(meta.dictionary_page_offset || meta.data_page_offset)
  return { from, to: from + Number(meta.total_compressed_size) }
}
