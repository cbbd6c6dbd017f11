/** `runs RUN…`: lists runs. */
import { basename } from 'node:path'
import type { Window } from '../config/fields.ts'
import { choices, parseArgsWithPaths, UsageError } from './arguments.ts'
import { orSkipped } from './experiment-runs.ts'
import { findRuns } from './find-runs.ts'
import { runsFlags } from './flags.ts'
import { type RunSummary, summaryOf } from './run-summary.ts'
import { print } from './terminal.ts'

const windowText = ({ fromEpoch, toEpoch, alpha }: Window) => `${fromEpoch}–${toEpoch}: ${alpha}`

const sizeText = (bytes: number) => (bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`)

const short = (value: number) => String(Number(value.toFixed(2)))

function parentText({ parent }: RunSummary): string {
  if (!parent) return ''
  return parent.kind === 'fork' ? `${parent.name}@${short(parent.epoch)}` : `repeats ${parent.name}`
}

/** A column: how a cell reads, and what it sorts by. */
interface Column {
  readonly text: (run: RunSummary) => string
  readonly value?: (run: RunSummary) => number | null
}

const columns = {
  name: {
    text: ({ name, title, pinned }) =>
      `${pinned ? '* ' : ''}${name}${title && !name.includes(title) ? ` (${title})` : ''}`,
  },
  state: { text: ({ state }) => state },
  data: { text: ({ data, classes }) => `${basename(data)}, ${classes} classes` },
  model: { text: ({ model }) => model },
  alpha: { text: ({ schedule }) => schedule.map(windowText).join('; ') || 'none' },
  epochs: {
    text: ({ epoch, epochs }) => (epoch >= epochs ? `${epochs}` : `${short(epoch)}/${epochs}`),
    value: ({ epoch }) => epoch,
  },
  top1: { text: ({ top1 }) => (top1 === null ? '' : `${(100 * top1).toFixed(2)} %`), value: ({ top1 }) => top1 },
  SI: {
    text: ({ selectivity, floor }) =>
      selectivity === null ? '' : `${selectivity.toFixed(3)}${floor === null ? '' : ` (${floor.toFixed(3)})`}`,
    value: ({ selectivity }) => selectivity,
  },
  date: {
    text: ({ date }) => (date === null ? '' : new Date(date).toISOString().slice(0, 16).replace('T', ' ')),
    value: ({ date }) => date,
  },
  size: { text: ({ bytes }) => sizeText(bytes), value: ({ bytes }) => bytes },
  parent: { text: parentText },
  tags: { text: ({ tags }) => tags.join(', ') },
} satisfies Record<string, Column>

type ColumnName = keyof typeof columns

const columnNames = Object.keys(columns) as ColumnName[]

const collator = new Intl.Collator('en', { numeric: true })

/** Sorted by a column, runs without a value last; numbers descend. Pinned runs come first. */
function sorted(runs: readonly RunSummary[], by: ColumnName): RunSummary[] {
  const { text, value }: Column = columns[by]
  const order = (a: RunSummary, b: RunSummary) =>
    value
      ? (value(b) ?? Number.NEGATIVE_INFINITY) - (value(a) ?? Number.NEGATIVE_INFINITY) || 0
      : collator.compare(text(a), text(b))
  return [...runs].sort((a, b) => Number(b.pinned) - Number(a.pinned) || order(a, b))
}

/** Lines of a table; columns that are empty for all runs are left out. */
function tableLines(runs: readonly RunSummary[]): string[] {
  const shown = columnNames
    .map((name) => [name === 'alpha' ? 'α' : name, ...runs.map((run) => columns[name].text(run))])
    .filter(([, ...cells]) => cells.some((cell) => cell !== ''))
  const widths = shown.map((cells) => Math.max(...cells.map(({ length }) => length)))
  return ['', ...runs].map((_, row) =>
    shown
      .map((cells, i) => cells[row].padEnd(widths[i]))
      .join('  ')
      .trimEnd(),
  )
}

export async function runs(args: string[]): Promise<number> {
  const { values, positionals } = parseArgsWithPaths(args, runsFlags)
  const [by] = choices(values.sort, 'column', columnNames, ['name'])
  await using found = await findRuns(positionals)
  const all: RunSummary[] = []
  for (const run of found.runs) all.push(...(await orSkipped(run, () => summaryOf(run))))
  if (all.length === 0) throw new UsageError('none of these runs could be read; the warnings say why')
  const ordered = sorted(all, by)
  const total = `${all.length} ${all.length === 1 ? 'run' : 'runs'}, ${sizeText(all.reduce((sum, { bytes }) => sum + bytes, 0))}`
  print(values.json ? JSON.stringify({ runs: ordered }) : [...tableLines(ordered), total].join('\n'))
  return 0
}
