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
  readonly kind: 'alpha' | 'rate' | 'warning' | 'data' | 'resumed' | 'fork' | 'end'
  readonly text: string
}

/** Height of α on the track from −1 to 1, on the symmetric-log scale of the slider. */
export const alphaHeight = (alpha: number): number => (Math.sign(alpha) * Math.log1p(Math.abs(alpha))) / Math.log1p(100)

const number = (value: number) => String(Number(value.toPrecision(3)))

/** Changes of α and of the learning rate, and warnings: a run may have thousands. */
const most = 200

const flagKeys = ['step', 'epoch', 'alpha', 'held', 'learningRate'] as const

function addFlags(flags: Flag[], steps: Run['steps'], from: number): void {
  const [step, epoch, alpha, held, rate] = flagKeys.map((key) => steps.column(key))
  const add = (i: number, kind: Flag['kind'], text: string) =>
    flags.push({ step: step[i], epoch: epoch[i], kind, text })
  for (let i = from; i < step.length; i++) {
    const before =
      i === 0 ? { alpha: 0, held: 0, rate: rate[0] } : { alpha: alpha[i - 1], held: held[i - 1], rate: rate[i - 1] }
    if (held[i] !== before.held)
      add(
        i,
        'alpha',
        held[i] ? `you set α to ${number(alpha[i])}` : `α handed back to the schedule: ${number(alpha[i])}`,
      )
    else if (alpha[i] !== before.alpha)
      add(i, 'alpha', `α ${number(before.alpha)} → ${number(alpha[i])}${held[i] ? ' by you' : ' by the schedule'}`)
    if (rate[i] <= before.rate / 2 && before.rate > 0)
      add(i, 'rate', `learning rate ${number(before.rate)} → ${number(rate[i])}`)
  }
}

/** The last steps at which α changed, control of α changed, or the learning rate dropped by half or more. */
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
    ({ step, epoch, message }): Flag => ({ step, epoch, kind: 'warning', text: message }),
  )
  const data = run.dataChanges.map(
    (event): Flag => ({ step: event.step, epoch: event.epoch, kind: 'data', text: dataChangeText(event) }),
  )
  const end = run.end ? [{ step: run.end.step, epoch: run.end.epoch, kind: 'end', text: run.end.message } as const] : []
  const frequent = [...stepFlags(run.steps), ...warnings].sort(byStep).slice(-most)
  return withoutRepeats([...frequent, ...continuations(run), ...data, ...end].sort(byStep))
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

/** Step of the probe nearest to a step; null for the newest probe, which the views then follow. */
export function nearestProbe(run: Run, step: number): number | null {
  const last = run.probes.length - 1
  const nearest = run.probes.reduce(
    (best, probe, i) => (Math.abs(probe.step - step) < Math.abs(run.probes[best].step - step) ? i : best),
    0,
  )
  return nearest === last ? null : run.probes[nearest].step
}
