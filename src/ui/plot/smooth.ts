import { type Fold, folded, type GrowingNumbers, growingNumbers, reserve } from '../../runs/fold.ts'
import type { Run, StepKey } from '../../runs/reduce.ts'

interface Average {
  readonly smoothed: GrowingNumbers
  sum: number
  weight: number
}

const begin = (): Average => ({ smoothed: growingNumbers(), sum: 0, weight: 0 })

/** Takes the values from `from` on into an average. */
function average(state: Average, values: ArrayLike<number>, span: number, from: number): void {
  const keep = 1 - 1 / Math.max(1, span)
  reserve(state.smoothed, values.length)
  const out = state.smoothed.values
  for (let i = from; i < values.length; i++) {
    if (Number.isFinite(values[i])) {
      state.sum = keep * state.sum + (1 - keep) * values[i]
      state.weight = keep * state.weight + (1 - keep)
    }
    out[i] = state.weight > 0 ? state.sum / state.weight : Number.NaN
  }
}

/**
 * An exponential moving average with bias correction (Kingma & Ba 2015, section 3, on one series): value i weighs
 * each earlier value by (1 − 1/span)^distance. A span of 1 returns the values unchanged.
 */
export function smooth(values: ArrayLike<number>, span: number): Float64Array {
  const state = begin()
  average(state, values, span, 0)
  return state.smoothed.values.subarray(0, values.length)
}

const smoothing = (key: StepKey, span: number): Fold<StepKey, Average, Float64Array> => ({
  begin,
  add: (state, columns, from) => average(state, columns.column(key), span, from),
  result: ({ smoothed }, { length }) => smoothed.values.subarray(0, length),
})

const averages = new Map<string, (steps: Run['steps']) => Float64Array>()

/** `smooth` of a column of a run's steps, with the work of the steps since the last call. */
export function smoothColumn(steps: Run['steps'], key: StepKey, span: number): Float64Array {
  const name = `${key} ${span}`
  const own = averages.get(name) ?? folded(smoothing(key, span))
  averages.set(name, own)
  return own(steps)
}
