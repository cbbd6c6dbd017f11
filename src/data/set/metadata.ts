/**
 * Reads metadata.csv, metadata.jsonl and metadata.parquet, tables of files and their classes as on the Hugging Face hub.
 * A table lists files relative to its own folder.
 */
// biome-ignore lint/style/noRestrictedImports: parseRows compiles nothing, unlike parse.
import { dsvFormat } from 'd3-dsv'
import { parquetReadObjects } from 'hyparquet'
import { type Entry, entryName, isImage, readText } from '../entry.ts'
import { labelNames, labelValue } from '../label-value.ts'
import { DataError, reasonOf } from '../source.ts'
import { folderPath } from './folder-tree.ts'
import { nfc } from './unicode.ts'

type Row = Readonly<Record<string, unknown>>

export const isMetadata = ({ path }: Entry): boolean => /^metadata\.(csv|jsonl|parquet)$/i.test(entryName(path))

/** Spreadsheets of some languages separate columns by semicolons or tabs. */
function separatorOf(text: string): string {
  const [heading] = text.split(/\r?\n/, 1)
  return [',', ';', '\t'].find((one) => heading.includes(one)) ?? ','
}

function csvRows(content: string): Row[] {
  const text = content.replace(/^sep=.\r?\n/i, '')
  const [columns = [], ...rows] = dsvFormat(separatorOf(text)).parseRows(text)
  return rows.map((row) => Object.fromEntries(columns.map((column, i) => [column.trim(), row[i]])))
}

const jsonRows = (text: string): Row[] =>
  text.split(/\r?\n/).flatMap((line, i) => {
    if (line.trim() === '') return []
    try {
      const row: unknown = JSON.parse(line)
      if (typeof row === 'object' && row !== null) return [row as Row]
    } catch {
      // The error below names the line.
    }
    throw new Error(`line ${i + 1} is not a JSON object`)
  })

async function rowsOf(file: Entry): Promise<Row[]> {
  try {
    if (/\.csv$/i.test(file.path)) return csvRows(await readText(file))
    if (/\.jsonl$/i.test(file.path)) return jsonRows(await readText(file))
    const { buffer, byteOffset, byteLength } = await file.read()
    return await parquetReadObjects({ file: buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer })
  } catch (error) {
    throw new DataError(
      `${file.path} cannot be read (${reasonOf(error)}); repair it, or remove it to read classes from folders`,
      {
        cause: error,
      },
    )
  }
}

/** The first row names all columns in a table; rows of JSON may lack some. */
function columnsOf(rows: readonly Row[]): { readonly file?: string; readonly label?: string; readonly all: string[] } {
  const all = [...new Set(rows.slice(0, 100).flatMap((row) => Object.keys(row)))]
  const file = all.find((name) => name === 'file_name') ?? all.find((name) => name.endsWith('_file_name'))
  return { file, label: labelNames.find((name) => all.includes(name)), all }
}

/** Joins a table's folder and a path in it. */
function pathIn(folder: string, file: string): string {
  const path = nfc(file)
    .split(/[/\\]/)
    .filter((part) => part !== '' && part !== '.')
    .join('/')
  return folder === '' ? path : `${folder}/${path}`
}

/** Stands for the class of a file with rows of different classes. */
const several = Symbol('several classes')

interface Labels {
  readonly file: Entry
  /** Path → class; null for a row without a class. */
  readonly labels: ReadonlyMap<string, string | null | typeof several>
}

function uniqueLabels(rows: readonly (readonly [string, string | null])[]): Labels['labels'] {
  const labels = new Map<string, string | null | typeof several>()
  for (const [path, label] of rows) {
    const before = labels.get(path) ?? null
    if (before === null || label === null) labels.set(path, before ?? label)
    else labels.set(path, before === label ? label : several)
  }
  return labels
}

const splitColumn = /^(split|subset|set|partition|fold)$/i

function splitNote({ path }: Entry, columns: readonly string[]): string[] {
  const column = columns.find((one) => splitColumn.test(one))
  if (column === undefined) return []
  return [
    `The column ${column} of ${path} is not used: put the images of each split into a folder, such as train and val.`,
  ]
}

async function labelsOf(file: Entry, notes: string[]): Promise<Labels | null> {
  const rows = await rowsOf(file)
  const columns = columnsOf(rows)
  const missing = columns.file === undefined ? 'file_name' : columns.label === undefined ? labelNames[0] : null
  if (columns.file === undefined || columns.label === undefined) {
    notes.push(`${file.path} has no column ${missing} (have ${columns.all.join(', ')}), so it is not used.`)
    return null
  }
  const folder = folderPath(file.path)
  const { file: fileColumn, label } = columns
  const labels = rows.map((row) => [pathIn(folder, String(row[fileColumn] ?? '')), labelValue(row[label])] as const)
  notes.push(...splitNote(file, columns.all))
  return { file, labels: uniqueLabels(labels) }
}

const some = (count: number, one: string, more: string) => (count === 1 ? one : `${count} ${more}`)

function missingNote({ file, labels }: Labels, images: ReadonlySet<string>): string[] {
  const missing = [...labels.keys()].filter((path) => !images.has(path))
  if (missing.length === 0) return []
  const which = some(missing.length, 'One file', 'files')
  return [`${which} that ${file.path} lists ${missing.length === 1 ? 'is' : 'are'} missing, for example ${missing[0]}.`]
}

function unlabeledNote(table: Labels, unlabeled: readonly Entry[], what: 'no class' | 'several classes'): string[] {
  if (unlabeled.length === 0) return []
  const which = some(unlabeled.length, 'One image has', 'images have')
  return [`${which} ${what} in ${table.file.path} and will not be used, for example ${unlabeled[0].path}.`]
}

interface Unused {
  readonly unlabeled: Entry[]
  readonly contradicted: Entry[]
}

/**
 * Labels the images below tables of files and classes, and leaves out those without a class. Appends notes. Throws
 * DataError for a table that cannot be read.
 */
export async function withMetadata(files: readonly Entry[], notes: string[]): Promise<readonly Entry[]> {
  const tables: Labels[] = []
  for (const file of files.filter(isMetadata)) {
    const found = await labelsOf(file, notes)
    if (found) tables.push(found)
  }
  if (tables.length === 0) return files
  // The table of the nearest folder counts.
  tables.sort((a, b) => folderPath(b.file.path).length - folderPath(a.file.path).length)
  const images = new Set(files.filter(isImage).map(({ path }) => path))
  const unused = new Map<Labels, Unused>(tables.map((table) => [table, { unlabeled: [], contradicted: [] }]))
  const labeled = files.flatMap((entry) => {
    if (!isImage(entry) || entry.classId !== undefined) return [entry]
    const above = tables.filter(({ file }) => entry.path.startsWith(pathIn(folderPath(file.path), '')))
    if (above.length === 0) return [entry]
    const table = above.find(({ labels }) => labels.has(nfc(entry.path))) ?? above[0]
    const classId = table.labels.get(nfc(entry.path))
    if (typeof classId === 'string') return [{ ...entry, classId }]
    const others = unused.get(table)
    others?.[classId === several ? 'contradicted' : 'unlabeled'].push(entry)
    return []
  })
  for (const table of tables) {
    const { unlabeled = [], contradicted = [] } = unused.get(table) ?? {}
    notes.push(...missingNote(table, images), ...unlabeledNote(table, unlabeled, 'no class'))
    notes.push(...unlabeledNote(table, contradicted, 'several classes'))
  }
  return labeled
}
