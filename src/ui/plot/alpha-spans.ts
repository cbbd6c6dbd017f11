/** Spans of steps with the same applied α, which charts shade. */
import type { Run } from '../../runs/reduce.ts'

export interface AlphaSpan {
  /** The step before the first step with this α, so that adjacent spans touch. */
  readonly from: number
  readonly to: number
  readonly alpha: number
}

/** Spans of equal α, in order, without those of α = 0. */
export function alphaSpans(run: Run): AlphaSpan[] {
  const [steps, alphas] = [run.steps.column('step'), run.steps.column('alpha')]
  const spans: AlphaSpan[] = []
  let from = 0
  for (let i = 1; i <= steps.length; i++) {
    if (i < steps.length && alphas[i] === alphas[from]) continue
    if (alphas[from] !== 0) spans.push({ from: steps[from] - 1, to: steps[i - 1], alpha: alphas[from] })
    from = i
  }
  return spans
}

/** Like `alphaSpans`, with adjacent spans of the same sign joined. A joined span has the α of largest magnitude. */
export function signSpans(run: Run): AlphaSpan[] {
  const joined: AlphaSpan[] = []
  for (const span of alphaSpans(run)) {
    const last = joined.at(-1)
    if (!last || last.to !== span.from || Math.sign(last.alpha) !== Math.sign(span.alpha)) joined.push(span)
    else {
      const alpha = Math.abs(span.alpha) > Math.abs(last.alpha) ? span.alpha : last.alpha
      joined[joined.length - 1] = { from: last.from, to: span.to, alpha }
    }
  }
  return joined
}
