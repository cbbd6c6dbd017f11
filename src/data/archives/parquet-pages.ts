/** Checks pages of parquet columns before hyparquet unpacks them; see parquet-checks.ts. */
import type { AsyncBuffer, ColumnMetaData, Compressors, FileMetaData, PageHeader } from 'hyparquet'
import { parquetHeader } from 'hyparquet/src/column.js'
import { decompressPage } from 'hyparquet/src/datapage.js'
import { getMaxDefinitionLevel, getMaxRepetitionLevel, getSchemaPath } from 'hyparquet/src/schema.js'
import { readVarInt } from 'hyparquet/src/thrift.js'
import { compressors } from 'hyparquet-compressors'
import { chunksOf, type Group, type RowGroup, rangeOf } from './parquet-checks.ts'

/** Most unpacked bytes of a page; some writers put a whole group into one page. */
const longestPage = 2 ** 30

const damaged = () => new Error('a page of the group is damaged')

/** Fields that a damaged header lacks are undefined, despite their type. */
const isCount = (value: number | undefined, most: number) =>
  value !== undefined && Number.isInteger(value) && value >= 0 && value <= most

/** hyparquet's decompressors with a limit on the unpacked size. */
const boundedCompressors: Compressors = Object.fromEntries(
  Object.entries(compressors).map(([codec, unpack]) => [
    codec,
    (input: Uint8Array, length: number) => {
      if (!isCount(length, longestPage)) throw new Error('a page of the group is too large when unpacked')
      return unpack(input, length)
    },
  ]),
)

/** Values of a run that may exceed its page: writers fill up groups of eight. */
const mostFilled = 1024

/** Throws for runs (RLE and bit-packed) with far more than `count` values. */
function checkRuns(bytes: Uint8Array, from: number, width: number, count: number): void {
  const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: from }
  const bytesOf = Math.ceil(width / 8)
  for (let seen = 0; seen < count; ) {
    const header = readVarInt(reader) >>> 0
    const packed = (header & 1) === 1
    const values = packed ? (header >>> 1) * 8 : header >>> 1
    if (values > count - seen + mostFilled || width > 32) throw damaged()
    reader.offset += packed ? (header >>> 1) * width : bytesOf
    seen += values
  }
}

const bitsOf = (value: number) => 32 - Math.clz32(value)

interface Column {
  readonly meta: ColumnMetaData
  /** Bits of a definition level; 0 without levels. */
  readonly levelBits: number
  readonly rows: number
}

const isDictionary = (encoding: string | undefined) => encoding === 'RLE_DICTIONARY' || encoding === 'PLAIN_DICTIONARY'

/** Checks the runs of a page's values, which start at position `at`. */
function checkValues(
  page: Uint8Array,
  at: number,
  encoding: string | undefined,
  isBoolean: boolean,
  count: number,
): void {
  if (isDictionary(encoding) && !isBoolean && page[at] > 0) checkRuns(page, at + 1, page[at], count)
  if (encoding === 'RLE' && isBoolean) checkRuns(page, at + 4, 1, count)
}

function checkFirstVersion(body: Uint8Array, header: PageHeader, { meta, levelBits }: Column): void {
  if (!header.data_page_header) throw damaged()
  const { num_values: count, encoding } = header.data_page_header
  if (levelBits === 0 && encoding === 'PLAIN') return
  const page = decompressPage(body, header.uncompressed_page_size, meta.codec, boundedCompressors)
  if (levelBits > 0) checkRuns(page, 4, levelBits, count)
  const levels = levelBits > 0 ? 4 + new DataView(page.buffer, page.byteOffset).getUint32(0, true) : 0
  checkValues(page, levels, encoding, meta.type === 'BOOLEAN', count)
}

function checkSecondVersion(body: Uint8Array, header: PageHeader, { meta, levelBits }: Column): void {
  const version2 = header.data_page_header_v2
  if (!version2) throw damaged()
  const { num_values: count, repetition_levels_byte_length: repeats, definition_levels_byte_length: levels } = version2
  const { num_nulls: nulls, num_rows: rows } = version2
  if (![repeats, levels].every((length) => isCount(length, body.length))) throw damaged()
  if (![nulls, rows].every((length) => isCount(length, count))) throw damaged()
  if (levelBits > 0) checkRuns(body, repeats, levelBits, count)
  if (!isDictionary(version2.encoding) && version2.encoding !== 'RLE') return
  const rest = body.subarray(repeats + levels)
  const size = header.uncompressed_page_size - repeats - levels
  const page = version2.is_compressed === false ? rest : decompressPage(rest, size, meta.codec, boundedCompressors)
  checkValues(page, 0, version2.encoding, meta.type === 'BOOLEAN', count)
}

function countOf(header: PageHeader): number | undefined {
  if (header.type === 'DATA_PAGE') return header.data_page_header?.num_values
  if (header.type === 'DATA_PAGE_V2') return header.data_page_header_v2?.num_values
  return header.dictionary_page_header?.num_values
}

/** Throws for pages that state more values than they contain. */
function checkPages(bytes: Uint8Array, column: Column): void {
  const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 }
  for (let rows = 0; rows < column.rows && reader.offset < bytes.length - 1; ) {
    const header = parquetHeader(reader)
    const end = reader.offset + header.compressed_page_size
    const isData = header.type !== 'DICTIONARY_PAGE'
    const count = countOf(header) ?? -1
    if (!isCount(end, bytes.length) || end < reader.offset) throw new Error('a page of the group is truncated')
    if (!isCount(header.uncompressed_page_size, longestPage)) throw damaged()
    if (!isCount(count, isData ? column.rows : header.uncompressed_page_size)) throw damaged()
    const body = bytes.subarray(reader.offset, end)
    if (header.type === 'DATA_PAGE') checkFirstVersion(body, header, column)
    if (header.type === 'DATA_PAGE_V2') checkSecondVersion(body, header, column)
    if (isData) rows += count
    reader.offset = end
  }
}

function columnOf(metadata: FileMetaData, meta: ColumnMetaData, { from, to }: RowGroup): Column {
  const path = getSchemaPath(metadata.schema, [...meta.path_in_schema])
  if (getMaxRepetitionLevel(path) > 0) throw new Error('the column contains lists')
  return { meta, levelBits: bitsOf(getMaxDefinitionLevel(path)), rows: to - from }
}

function groupAt({ row_groups: groups }: FileMetaData, row: number): Group {
  let at = 0
  for (const group of groups) {
    at += Number(group.num_rows)
    if (row < at) return group
  }
  throw new Error('the file has no such row')
}

/**
 * Reads a column of a group of rows into memory and checks its pages. Returns the file and the decompressors for hyparquet.
 * Throws for pages that cannot be read safely.
 */
export async function checkedPages(file: AsyncBuffer, metadata: FileMetaData, column: string, group: RowGroup) {
  const chunks = chunksOf(groupAt(metadata, group.from), [column])
  const from = Math.min(...chunks.map((meta) => rangeOf(meta).from))
  const to = Math.max(...chunks.map((meta) => rangeOf(meta).to))
  const buffer = await file.slice(from, to)
  for (const meta of chunks) {
    const range = rangeOf(meta)
    const bytes = new Uint8Array(buffer, range.from - from, range.to - range.from)
    checkPages(bytes, columnOf(metadata, meta, group))
  }
  const slice = (start: number, end = file.byteLength) =>
    start >= from && end <= to ? buffer.slice(start - from, end - from) : file.slice(start, end)
  return { file: { byteLength: file.byteLength, slice }, compressors: boundedCompressors }
}
