/** The x axis that charts share: steps, epochs or time. The view's state counts steps; charts convert them. */
import { lastStep } from '../../runs/last-step.ts'
import type { Run } from '../../runs/reduce.ts'
import type { ViewState, XUnit } from '../../store/state.ts'
import { lowerBound } from './decimate.ts'

export interface XAxisModel {
  readonly unit: XUnit
  readonly label: string
  /** Step → position on the axis. */
  readonly at: (step: number) => number
  /** Position on the axis → nearest step. */
  readonly stepAt: (x: number) => number
  readonly domain: readonly [number, number]
  /** The newest recorded step. */
  readonly last: number
}

const timeScale = (run: Pick<Run, 'time'>) =>
  run.time >= 120_000 ? { divisor: 60_000, label: 'minutes' } : { divisor: 1000, label: 'seconds' }

/** The positions of all recorded steps on the axis. */
export function stepPositions(run: Pick<Run, 'steps' | 'time'>, unit: XUnit): Float64Array {
  if (unit === 'step') return run.steps.column('step')
  if (unit === 'epoch') return run.steps.column('epoch')
  return run.steps.column('time').map((time) => time / timeScale(run).divisor)
}

function converter(run: Run, unit: XUnit): (step: number) => number {
  if (unit === 'step') return (step) => step
  const perEpoch = run.start?.stepsPerEpoch ?? 1
  if (unit === 'epoch') return (step) => step / perEpoch
  const [steps, times] = [run.steps.column('step'), run.steps.column('time')]
  const { divisor } = timeScale(run)
  return (step) => {
    if (steps.length === 0) return 0
    const i = Math.min(lowerBound(steps, step), steps.length - 1)
    return steps[i] >= step && step <= 0 ? 0 : times[i] / divisor
  }
}

/** The largest power of two that is at most `steps`, and at least 1. */
export const powerOfTwo = (steps: number): number => 2 ** Math.max(0, Math.floor(Math.log2(steps)))

/**
 * The step at which an axis without zoom ends. During a run, the last step rounded up by at most a twentieth, so that charts
 * with rare points need not be redrawn at every step.
 */
export function axisEnd(run: Run): number {
  const last = lastStep(run)
  const total = run.start?.totalSteps ?? last
  const grain = powerOfTwo(last / 20)
  return run.end ? last : Math.max(last, Math.min(total, Math.ceil(last / grain) * grain))
}

const spread = ([from, to]: readonly [number, number]): [number, number] => (from < to ? [from, to] : [from, from + 1])

export function xAxisOf(run: Run, { x: unit, range }: Pick<ViewState, 'x' | 'range'>): XAxisModel {
  const at = converter(run, unit)
  const end = axisEnd(run)
  const [from, to] = range ?? [0, end]
  const label = unit === 'epoch' ? 'epoch' : unit === 'step' ? 'step' : timeScale(run).label
  const stepAt = (x: number) => {
    if (unit === 'step') return Math.round(x)
    if (unit === 'epoch') return Math.round(x * (run.start?.stepsPerEpoch ?? 1))
    const positions = stepPositions(run, 'time')
    return run.steps.column('step')[Math.min(lowerBound(positions, x), positions.length - 1)] ?? 0
  }
  const domain: [number, number] = [at(from), at(to)]
  return { unit, label, at, stepAt, last: lastStep(run), domain: spread(domain) }
}

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

/** A position on the axis as text: `1.25` epochs, `12,000` steps. */
export const formatX = (value: number, unit: XUnit): string =>
  unit === 'step' ? whole.format(value) : String(Number(value.toFixed(2)))

/** `formatX` of each unit. */
export const formatsX: Readonly<Record<XUnit, (value: number) => string>> = {
  step: (value) => formatX(value, 'step'),
  epoch: (value) => formatX(value, 'epoch'),
  time: (value) => formatX(value, 'time'),
}
