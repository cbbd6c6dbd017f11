/** The training steps that a fork and its parent both took: the fork's numbers minus the parent's. They grow with the fork. */
import { type Columns, createColumns, type GrowingColumns } from '../../../runs/columns.ts'
import { folded } from '../../../runs/fold.ts'
import { type StepKey, stepKeys } from '../../../runs/reduce.ts'

type Steps = Columns<StepKey>

interface Joined {
  readonly rows: GrowingColumns<StepKey>
  /** The first row of the parent that may match the next step of the fork. */
  next: number
}

/** Numbers that say where a step is. They are the fork's. */
const places: ReadonlySet<StepKey> = new Set(['step', 'epoch', 'time'])

const rowOf = (of: (key: StepKey) => number): Readonly<Record<StepKey, number>> => ({
  step: of('step'),
  epoch: of('epoch'),
  time: of('time'),
  loss: of('loss'),
  crossEntropy: of('crossEntropy'),
  penalty: of('penalty'),
  alpha: of('alpha'),
  held: of('held'),
  learningRate: of('learningRate'),
  top1: of('top1'),
  top5: of('top5'),
  images: of('images'),
  gpuBytes: of('gpuBytes'),
})

/** The rows of the steps after `from` that both have, in the columns of each; looks from the rows `start` on. */
export function commonRows(
  own: Steps,
  parent: Steps,
  from: number,
  start = { own: 0, parent: 0 },
): (readonly [own: number, parent: number])[] {
  const [mine, theirs] = [own.column('step'), parent.column('step')]
  const found: (readonly [number, number])[] = []
  for (let i = start.own, j = start.parent; i < mine.length; i++) {
    while (theirs[j] < mine[i]) j++
    if (theirs[j] === mine[i] && mine[i] > from) found.push([i, j])
  }
  return found
}

function addCommon(state: Joined, own: Steps, parent: Steps, start: number, from: number): void {
  const [mine, theirs] = [rowsOf(own), rowsOf(parent)]
  for (const [i, j] of commonRows(own, parent, from, { own: start, parent: state.next })) {
    state.rows.append(rowOf((key) => (places.has(key) ? mine(key, i) : mine(key, i) - theirs(key, j))))
    state.next = j
  }
}

/** Reads a number of a row. */
function rowsOf(steps: Steps): (key: StepKey, row: number) => number {
  const columns = new Map(stepKeys.map((key) => [key, steps.column(key)]))
  return (key, row) => columns.get(key)?.[row] ?? Number.NaN
}

const joining = (parent: Steps, from: number) =>
  folded<StepKey, Joined, Steps>({
    begin: () => ({ rows: createColumns(stepKeys), next: 0 }),
    add: (state, own, start) => addCommon(state, own, parent, start, from),
    result: ({ rows }) => rows.view(),
  })

const joined = new WeakMap<Steps, Map<number, (own: Steps) => Steps>>()

/** The common steps after `from`, with the work of the fork's steps since the last call. */
export function differenceSteps(own: Steps, parent: Steps, from: number): Steps {
  const forks = joined.get(parent) ?? new Map<number, (own: Steps) => Steps>()
  joined.set(parent, forks)
  const join = forks.get(from) ?? joining(parent, from)
  forks.set(from, join)
  return join(own)
}
