/**
 * Checks of parquet files before hyparquet reads them. It trusts counts and lengths: what they promise it allocates, and a
 * run that is longer than its page ends the process. So footers and groups of rows are looked through first; pages in parquet-pages.ts.
 */
import type { ColumnMetaData, FileMetaData } from 'hyparquet'
import type { Refused } from '../entry.ts'

/** Rows that lie together in the file. */
export interface RowGroup {
  readonly from: number
  readonly to: number
  /** Of their images, unpacked. */
  readonly bytes: number
}

/** Bytes with the first bit set in a row, of which a number in the footer has at most ten. */
const longestNumber = 4096
const longestFooter = 2 ** 28

/** Throws for a footer whose reading would take forever: hyparquet's time for a number grows with the square of its length. */
export async function refuseBadFooter(blob: Blob): Promise<void> {
  const end = new Uint8Array(await blob.slice(-8).arrayBuffer())
  if (end.length < 8) throw new Error('it is too short')
  const length = new DataView(end.buffer).getUint32(0, true)
  if (length > Math.min(blob.size - 8, longestFooter)) throw new Error('its footer is longer than it can be')
  const footer = new Uint8Array(await blob.slice(blob.size - 8 - length, blob.size - 8).arrayBuffer())
  let run = 0
  for (const byte of footer) {
    run = byte & 0x80 ? run + 1 : 0
    if (run > longestNumber) throw new Error('its footer is damaged')
  }
}

export type Group = FileMetaData['row_groups'][number]

/** The parts of columns in a group: several for a column of structs. */
export const chunksOf = (group: Group, columns: readonly string[]): ColumnMetaData[] =>
  group.columns.flatMap(({ meta_data: meta }) => (meta && columns.includes(meta.path_in_schema[0]) ? [meta] : []))

/** No file of images has more rows in a group. */
const mostRows = 10_000_000

/** What is wrong with a group of rows, or null. */
function damageOf(group: Group, columns: readonly string[], fileSize: number): string | null {
  const rows = Number(group.num_rows)
  if (!(rows >= 0 && rows <= mostRows)) return `its number of rows, ${rows}, cannot be`
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

/** Groups of rows that can be read, and those that cannot. */
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

/** Where a column's pages lie, the dictionary first. */
export function rangeOf(meta: ColumnMetaData): { from: number; to: number } {
  const from = Number(meta.dictionary_page_offset || meta.data_page_offset)
  return { from, to: from + Number(meta.total_compressed_size) }
}
