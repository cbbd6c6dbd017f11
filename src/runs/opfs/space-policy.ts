/** What a run gives up when the browser's storage runs short. docs/browser-storage.md states the policy. */
import type { CheckpointEvent, LoggedEvent } from '../../protocol/run-events.ts'
import type { ResumePoint } from '../../protocol/run-record.ts'

/** What the policy knows about a run. */
export interface SpaceFacts {
  /** The checkpoints that the run has, in the order in which it saved them. */
  readonly checkpoints: readonly Pick<CheckpointEvent, 'file' | 'step' | 'bytes'>[]
  /** Ascending by step. */
  readonly points: readonly ResumePoint[]
  /** Steps at which selectivity was probed. */
  readonly probes: ReadonlySet<number>
  /** Validation top-1 by step. */
  readonly top1: ReadonlyMap<number, number>
}

/** Files that go together. */
export interface Expendable {
  readonly what: 'point' | 'momentum' | 'checkpoint'
  readonly step: number
  /** Paths in the run's folder. */
  readonly files: readonly string[]
  readonly bytes: number
}

const inResume = ({ file }: { readonly file: string }) => file.startsWith('resume/')

/** The files of a point in `resume`: the weights at the end of an epoch are a checkpoint's. */
const expendablePoint = ({ step, batch, weights, momentum }: ResumePoint): Expendable => {
  const own = [weights, momentum].filter((file) => file !== null).filter(inResume)
  return {
    what: batch === 0 ? 'momentum' : 'point',
    step,
    files: own.map(({ file }) => file),
    bytes: own.reduce((sum, { bytes }) => sum + bytes, 0),
  }
}

/** The steps of the first, the last and the best checkpoint: of equally good ones the first. */
function chosenSteps({ checkpoints, top1 }: SpaceFacts): ReadonlySet<number> {
  const accuracy = ({ step }: { readonly step: number }) => top1.get(step) ?? Number.NEGATIVE_INFINITY
  const best = checkpoints.reduce<(typeof checkpoints)[number] | null>(
    (found, one) => (found && accuracy(found) >= accuracy(one) ? found : one),
    null,
  )
  return new Set([checkpoints.at(0), checkpoints.at(-1), best].flatMap((one) => (one ? [one.step] : [])))
}

/**
 * The files of a run in the order in which they go: points within an epoch, momentum at the ends of epochs, the newest point
 * where an earlier one remains, and checkpoints of steps without a probe. One resume point always remains, and the first, the last, the
 * best and every probed checkpoint. Logs and tables never go.
 */
export function expendable(facts: SpaceFacts): readonly Expendable[] {
  const { checkpoints, points, probes } = facts
  const newest = points.at(-1)
  const ends = points.filter((point) => point.batch === 0)
  const within = points.filter((point) => point.batch !== 0)
  // The newest point within an epoch may go where one at the end of an epoch remains.
  const last = ends.at(-1)
  const momentum = ends.filter((point) => point !== last)
  const early = within.filter((point) => point !== newest)
  const late = newest && newest.batch !== 0 && last ? [newest] : []
  const chosen = chosenSteps(facts)
  const used = new Set(last ? [last.weights.file] : newest ? [newest.weights.file] : [])
  const rest = checkpoints.filter(
    ({ file, step }) => !chosen.has(step) && !probes.has(step) && !used.has(`checkpoints/${file}`),
  )
  return [
    ...[...early, ...momentum, ...late].map(expendablePoint),
    ...rest.map(({ file, step, bytes }) => ({
      what: 'checkpoint' as const,
      step,
      files: [`checkpoints/${file}`],
      bytes,
    })),
  ].filter(({ files }) => files.length > 0)
}

/** The first files of that order that free `need` bytes; all of them where they are not enough. */
export function filesToDrop(facts: SpaceFacts, need: number): readonly Expendable[] {
  const chosen: Expendable[] = []
  let freed = 0
  for (const one of expendable(facts)) {
    if (freed >= need) break
    chosen.push(one)
    freed += one.bytes
  }
  return chosen
}

/** Facts that grow with the events of a run; its resume points are in a file. */
export interface GrowingFacts extends Omit<SpaceFacts, 'points'> {
  readonly add: (event: LoggedEvent) => void
  /** Forgets checkpoints that are gone, by path. */
  readonly drop: (files: ReadonlySet<string>) => void
}

/** The facts of a run so far. */
export function createFacts(): GrowingFacts {
  const checkpoints = new Map<string, CheckpointEvent>()
  const probes = new Set<number>()
  const top1 = new Map<number, number>()
  return {
    get checkpoints() {
      return [...checkpoints.values()]
    },
    probes,
    top1,
    add: (event) => {
      if (event.type === 'checkpoint') checkpoints.set(event.file, event)
      if (event.type === 'probe') probes.add(event.step)
      if (event.type === 'evaluation') top1.set(event.step, event.top1)
    },
    drop: (files) => {
      for (const file of checkpoints.keys()) if (files.has(`checkpoints/${file}`)) checkpoints.delete(file)
    },
  }
}

const counted = (count: number, one: string, many: string) => (count === 1 ? `1 ${one}` : `${count} ${many}`)

const stepsOf = (dropped: readonly Expendable[], what: Expendable['what']) =>
  dropped.filter((one) => one.what === what).map(({ step }) => step)

/** One sentence for the user and the run's log: what went. */
export function droppedText(dropped: readonly Expendable[]): string {
  const [within, ends, checkpoints] = (['point', 'momentum', 'checkpoint'] as const).map((what) =>
    stepsOf(dropped, what),
  )
  const parts = [
    ...(within.length > 0
      ? [counted(within.length, 'resume point within an epoch', 'resume points within epochs')]
      : []),
    ...(ends.length > 0 ? [`the momentum of ${counted(ends.length, 'epoch', 'epochs')}`] : []),
    ...(checkpoints.length > 0 ? [`the checkpoints of the steps ${checkpoints.join(', ')}`] : []),
  ]
  return `The browser’s storage is full, so this run removed ${parts.join(', ')}. Delete other runs or cached images to make room.`
}
