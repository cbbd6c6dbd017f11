/** The columns of the table of runs: how a cell reads, and how a column sorts. */
import { modelName } from '../../config/model-text.ts'
import type { LibraryRun, ListedState } from '../../store/experiments/state.ts'
import { sourceName } from '../../store/names.ts'
import { scheduleText } from '../compare/schedule-text.ts'
import { endText } from '../end-text.ts'
import { bytes, count } from '../format.ts'
import { whenText } from '../when.ts'

export interface RunColumn {
  readonly id: string
  readonly name: string
  readonly isNumber?: true
  /** Null sorts last. */
  readonly value: (run: LibraryRun) => string | number | null
  readonly text: (run: LibraryRun, now: number) => string
}

export const stateText = (state: ListedState): string => {
  if (state === 'training') return 'Training'
  return state === 'interrupted' ? 'Interrupted' : endText[state]
}

const lastTop1 = ({ record }: LibraryRun): number | null => record.evaluations.at(-1)?.top1 ?? null
const lastSelectivity = ({ record }: LibraryRun): number | null =>
  record.probes.at(-1)?.modules.get('network')?.selectivity ?? null

const epochText = ({ facts, record }: LibraryRun): string => {
  const [done, all] = [Number(facts.epoch.toFixed(2)), record.config.train.epochs]
  return done === all ? count(all) : `${done} of ${count(all)}`
}

const parentText = ({ info: { parent } }: LibraryRun): string => {
  if (!parent) return ''
  const place = parent.kind === 'fork' ? ` at epoch ${Number(parent.epoch.toFixed(2))}` : ''
  return `${parent.kind} of ${parent.name}${place}`
}

const ofText = (id: string, name: string, text: (run: LibraryRun) => string): RunColumn => ({
  id,
  name,
  value: text,
  text,
})

const ofNumber = (
  id: string,
  name: string,
  value: (run: LibraryRun) => number | null,
  text: (value: number, now: number, run: LibraryRun) => string,
): RunColumn => ({
  id,
  name,
  isNumber: true,
  value,
  text: (run, now) => {
    const known = value(run)
    return known === null || Number.isNaN(known) ? '–' : text(known, now, run)
  },
})

export const columns: readonly RunColumn[] = [
  ofText('name', 'Name', ({ record }) => record.name),
  ofText('state', 'State', ({ state }) => stateText(state)),
  ofText('data', 'Data', ({ record }) => sourceName(record.config.data.source)),
  ofText('model', 'Model', ({ record }) => modelName(record.config.model)),
  ofText('schedule', 'α schedule', ({ record }) => scheduleText(record.config.regularizer.schedule)),
  ofNumber(
    'epochs',
    'Epochs',
    ({ facts }) => facts.epoch,
    (_, __, run) => epochText(run),
  ),
  ofNumber('top1', 'Top-1', lastTop1, (value) => `${(100 * value).toFixed(1)} %`),
  ofNumber('selectivity', 'SI', lastSelectivity, (value) => value.toFixed(3)),
  ofNumber(
    'date',
    'Date',
    ({ info }) => info.created,
    (value, now) => whenText(value, now),
  ),
  ofNumber(
    'size',
    'Size',
    (run) => run.bytes,
    (value) => bytes(value),
  ),
  ofText('tags', 'Tags', ({ info }) => info.tags.join(', ')),
  ofText('parent', 'Parent', parentText),
]

const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' })

function compared(a: string | number | null, b: string | number | null): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  return collator.compare(String(a), String(b))
}

const isMissing = (value: string | number | null) => value === null || value === '' || Number.isNaN(value)

export interface RunOrder {
  readonly column: string
  readonly descending: boolean
}

/** The runs in the order of a column; pinned ones first, and those without a value last. */
export function sortedRuns(runs: readonly LibraryRun[], { column, descending }: RunOrder): LibraryRun[] {
  const { value } = columns.find(({ id }) => id === column) ?? columns[0]
  return [...runs].sort((a, b) => {
    if (a.info.pinned !== b.info.pinned) return a.info.pinned ? -1 : 1
    const [own, other] = [value(a), value(b)]
    if (isMissing(own) !== isMissing(other)) return isMissing(own) ? 1 : -1
    return descending ? compared(other, own) : compared(own, other)
  })
}

/** The runs with every word of the text in one of their cells or in their note. */
export function filteredRuns(runs: readonly LibraryRun[], text: string, now: number): LibraryRun[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  return runs.filter((run) => {
    const cells = [...columns.map((column) => column.text(run, now)), run.info.note].join('\n').toLowerCase()
    return words.every((word) => cells.includes(word))
  })
}
