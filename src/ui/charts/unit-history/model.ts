/** Numbers of the unit-over-training chart: selectivity, floor and preferred class at each probe. */
import type { Run } from '../../../runs/reduce.ts'
import type { UnitMoment } from '../../../runs/units/history.ts'
import type { ChartTable } from '../../figure/figure.ts'

/** The unit at the last probe at or before a step, else at its first; at the newest for null. */
export const momentAt = (history: readonly UnitMoment[], step: number | null): UnitMoment =>
  (step === null ? history.at(-1) : history.findLast((one) => one.step <= step)) ?? history[0]

export interface ClassSpan {
  readonly from: number
  /** Step of the last probe with this class. */
  readonly to: number
  /** Null while the unit is dead. */
  readonly preferredClass: number | null
}

/** Spans of probes with the same preferred class. */
export function classSpans(history: readonly UnitMoment[]): ClassSpan[] {
  const spans: ClassSpan[] = []
  for (const { step, preferredClass, dead } of history) {
    const now = dead ? null : preferredClass
    const last = spans.at(-1)
    if (last) spans[spans.length - 1] = { ...last, to: step }
    if (last?.preferredClass !== now || !last) spans.push({ from: step, to: step, preferredClass: now })
  }
  return spans
}

export const className = (run: Run, index: number): string => run.start?.classes[index]?.name ?? `class ${index}`

export const historyTable = (run: Run, history: readonly UnitMoment[]): ChartTable => ({
  columns: ['step', 'epoch', 'selectivity', 'floor', 'preferredClass', 'class', 'dead'],
  rows: () =>
    history.map((at) => [
      at.step,
      at.epoch,
      at.selectivity,
      at.floor,
      at.preferredClass,
      className(run, at.preferredClass),
      at.dead ? 1 : 0,
    ]),
})

/** The highest and the newest SI, and how often the preferred class changed. */
export function historyCaption(run: Run, history: readonly UnitMoment[]): string {
  if (history.length === 0) return ''
  const top = history.reduce((a, b) => (b.selectivity > a.selectivity ? b : a))
  const now = history[history.length - 1]
  const changes = classSpans(history).length - 1
  const times = changes === 0 ? 'never changed' : changes === 1 ? 'changed once' : `changed ${changes} times`
  const prefers = now.dead ? 'is dead at the end' : `prefers ${className(run, now.preferredClass)} at the end`
  return `SI is highest at epoch ${top.epoch.toFixed(2)}, ${top.selectivity.toFixed(2)} (floor ${top.floor.toFixed(2)}), and stands at ${now.selectivity.toFixed(2)}; the unit ${prefers}; its class ${times}.`
}
