/** Flags and α spans of the time line, in steps. */
import type { Window } from '../../config/fields.ts'
import { dataChangeText } from '../../runs/data-change.ts'
import { folded } from '../../runs/fold.ts'
import { lastStep } from '../../runs/last-step.ts'
import { continuations } from '../../runs/lineage.ts'
import type { Run, StepKey } from '../../runs/reduce.ts'
import { type AlphaSpan, alphaSpans } from '../plot/alpha-spans.ts'

export interface Flag {
  readonly step: number
  readonly epoch: number
  readonly kind: 'alpha' | 'rate' | 'warning' | 'data' | 'resumed' | 'fork' | 'end' | 'failure'
  /** One to three words, which stand beside the flag where there is room. */
  readonly short: string
  readonly text: string
}

const number = (value: number) => String(Number(value.toPrecision(3))).replace('-', '−')

/** What the step at an index changed of α or of its control, as the short and the full text; null for nothing. */
function alphaChange(
  alpha: Float64Array,
  held: Float64Array,
  i: number,
): readonly [short: string, text: string] | null {
  if (i > 0 && held[i] === held[i - 1] && alpha[i] === alpha[i - 1]) return null
  const [alphaBefore, heldBefore] = i === 0 ? [0, 0] : [alpha[i - 1], held[i - 1]]
  if (held[i] === heldBefore && alpha[i] === alphaBefore) return null
  const to = number(alpha[i])
  if (held[i] === heldBefore)
    return [`α ${to}`, `α ${number(alphaBefore)} → ${to}${held[i] ? ' by you' : ' by the schedule'}`]
  return held[i] ? [`α ${to}, you`, `you set α to ${to}`] : [`α ${to}, plan`, `α handed back to the schedule: ${to}`]
}

/** Changes of α and of the learning rate, and warnings: a run may have thousands. */
const most = 200

const flagKeys = ['step', 'epoch', 'alpha', 'held', 'learningRate'] as const

function addFlags(flags: Flag[], steps: Run['steps'], from: number): void {
  const [step, epoch, alpha, held, rate] = flagKeys.map((key) => steps.column(key))
  const add = (i: number, kind: Flag['kind'], [short, text]: readonly [string, string]) =>
    flags.push({ step: step[i], epoch: epoch[i], kind, short, text })
  for (let i = from; i < step.length; i++) {
    const change = alphaChange(alpha, held, i)
    if (change) add(i, 'alpha', change)
    // A rate that falls at every step, as with a cosine, is no event.
    const isSteady = i === 1 || (i > 1 && rate[i - 1] === rate[i - 2])
    if (isSteady && rate[i] <= rate[i - 1] / 2 && rate[i - 1] > 0)
      add(i, 'rate', [`rate ${number(rate[i])}`, `learning rate ${number(rate[i - 1])} → ${number(rate[i])}`])
  }
}

/** The last steps at which α changed, control of α changed, or a steady learning rate dropped by half or more. */
const stepFlags = folded<StepKey, Flag[], readonly Flag[]>({
  begin: () => [],
  add: (flags, steps, from) => {
    addFlags(flags, steps, from)
    // Each flag is moved at most a few times.
    if (flags.length > 4 * most) flags.splice(0, flags.length - most)
  },
  result: (flags) => flags.slice(-most),
})

const byStep = (a: Flag, b: Flag) => a.step - b.step

const withoutRepeats = (flags: readonly Flag[]): Flag[] => [
  ...new Map(flags.map((flag) => [`${flag.step} ${flag.kind} ${flag.text}`, flag])).values(),
]

/**
 * All flags in order of steps. Of changes and warnings only the last 200; where the run went on, with which images, and its
 * end are always among them.
 */
export function flagsOf(run: Run): Flag[] {
  const warnings = run.warnings.map(
    ({ step, epoch, message }): Flag => ({ step, epoch, kind: 'warning', short: 'warning', text: message }),
  )
  const data = run.dataChanges.map(
    (event): Flag => ({
      step: event.step,
      epoch: event.epoch,
      kind: 'data',
      short: `images ${event.change}`,
      text: dataChangeText(event),
    }),
  )
  const wentOn = continuations(run).map((event): Flag => ({ ...event, short: event.kind }))
  const frequent = [...stepFlags(run.steps), ...warnings].sort(byStep).slice(-most)
  return withoutRepeats([...frequent, ...wentOn, ...data, ...endOf(run)].sort(byStep))
}

/** The end of a run that has ended. */
function endOf({ end }: Run): Flag[] {
  if (!end) return []
  const { step, epoch, reason, message } = end
  const isFailure = reason !== 'finished' && reason !== 'stopped'
  return [{ step, epoch, kind: isFailure ? 'failure' : 'end', short: reason.replaceAll('-', ' '), text: message }]
}

/** The track is at most about so many pixels wide. */
const pixels = 2000

/** Changes when the time line has something new to draw: not at every step of a long run. */
export function timeLineKey(run: Run): string {
  const { id, starts, probes, checkpoints, warnings, dataChanges, steps, end } = run
  const grain = Math.max(1, Math.floor((run.start?.totalSteps ?? 1) / pixels))
  const drawn = [starts, probes, checkpoints, warnings, dataChanges, alphaSpans(run)].map(({ length }) => length)
  return [id, ...drawn, stepFlags(steps).at(-1)?.step, Math.floor(lastStep(run) / grain), end ? 'ended' : ''].join(' ')
}

/** The planned windows with α ≠ 0 as spans of steps, cut at the end of the run. */
export function plannedSpans(schedule: readonly Window[], stepsPerEpoch: number, totalSteps: number): AlphaSpan[] {
  return schedule
    .map(({ fromEpoch, toEpoch, alpha }) => ({
      from: fromEpoch * stepsPerEpoch,
      to: Math.min(toEpoch * stepsPerEpoch, totalSteps),
      alpha,
    }))
    .filter(({ from, to, alpha }) => alpha !== 0 && from < to)
}

/** The part of the schedule that a run has not reached yet, as spans of steps. Empty after the end of the run. */
export function spansAhead(run: Run): AlphaSpan[] {
  if (!run.start || run.end) return []
  const { config, stepsPerEpoch, totalSteps } = run.start
  const done = lastStep(run)
  return plannedSpans(config.regularizer.schedule, stepsPerEpoch, Math.max(1, totalSteps))
    .filter(({ to }) => to > done)
    .map((span) => ({ ...span, from: Math.max(done, span.from) }))
}
