/** Spans of steps with the same applied α, which charts shade. */
import { folded } from '../../runs/fold.ts'
import type { Run, StepKey } from '../../runs/reduce.ts'

export interface AlphaSpan {
  /** The step before the first step with this α, so that adjacent spans touch. */
  readonly from: number
  readonly to: number
  readonly alpha: number
}

/** The spans that a later step cannot change, and the α and the first step of the newest one. */
interface Spans {
  readonly ended: AlphaSpan[]
  alpha: number
  from: number
}

const spanOf = ({ alpha, from }: Spans, to: number): AlphaSpan[] => (alpha === 0 ? [] : [{ from: from - 1, to, alpha }])

function addSteps(spans: Spans, columns: Run['steps'], from: number): void {
  const [steps, alphas] = [columns.column('step'), columns.column('alpha')]
  for (let i = from; i < steps.length; i++) {
    if (i > 0 && alphas[i] === spans.alpha) continue
    if (i > 0) spans.ended.push(...spanOf(spans, steps[i - 1]))
    spans.alpha = alphas[i]
    spans.from = steps[i]
  }
}

const spansOf = folded<StepKey, Spans, readonly AlphaSpan[]>({
  begin: () => ({ ended: [], alpha: 0, from: 0 }),
  add: addSteps,
  result: (spans, columns) => {
    const last = columns.column('step').at(-1)
    return last === undefined ? [] : [...spans.ended, ...spanOf(spans, last)]
  },
})

/** Spans of equal α, in order, without those of α = 0. */
export const alphaSpans = ({ steps }: Run): readonly AlphaSpan[] => spansOf(steps)

const joined = new WeakMap<readonly AlphaSpan[], readonly AlphaSpan[]>()

/** Like `alphaSpans`, with adjacent spans of the same sign joined. A joined span has the α of largest magnitude. */
export function signSpans(run: Run): readonly AlphaSpan[] {
  const spans = alphaSpans(run)
  const known = joined.get(spans) ?? joinSigns(spans)
  joined.set(spans, known)
  return known
}

function joinSigns(spans: readonly AlphaSpan[]): readonly AlphaSpan[] {
  const all: AlphaSpan[] = []
  for (const span of spans) {
    const last = all.at(-1)
    if (!last || last.to !== span.from || Math.sign(last.alpha) !== Math.sign(span.alpha)) all.push(span)
    else {
      const alpha = Math.abs(span.alpha) > Math.abs(last.alpha) ? span.alpha : last.alpha
      all[all.length - 1] = { from: last.from, to: span.to, alpha }
    }
  }
  return all
}
