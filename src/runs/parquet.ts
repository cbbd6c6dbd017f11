/** Writes Parquet files in pieces: one for each group of rows, and the footer. */
import { ByteWriter, type ColumnSource, ParquetWriter, schemaFromColumnData } from 'hyparquet-writer'

/** The description of a column, without its values. */
export type Column = Omit<ColumnSource, 'data'>

/** The values of every column for some rows, by the column's name. */
export type RowGroup = Readonly<Record<string, ColumnSource['data']>>

const withData = (columns: readonly Column[], valuesOf: (name: string) => ColumnSource['data']): ColumnSource[] =>
  columns.map((column) => ({ ...column, data: valuesOf(column.name) }))

/** The bytes of a file, in order. Holds no more than one group of rows. */
export async function* parquetPieces(
  columns: readonly Column[],
  groups: AsyncIterable<RowGroup>,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const writer = new ByteWriter()
  const schema = schemaFromColumnData({ columnData: withData(columns, () => []) })
  const file = new ParquetWriter({ writer, schema, createdBy: 'selectivity-lab' })
  const taken = () => {
    const bytes = new Uint8Array(writer.getBuffer())
    // The writer's own files empty its buffer like this; the offset goes on.
    writer.index = 0
    return bytes
  }
  for await (const group of groups) {
    const columnData = withData(columns, (name) => group[name])
    file.write({ columnData, rowGroupSize: columnData[0].data.length })
    yield taken()
  }
  file.finish()
  yield taken()
}
