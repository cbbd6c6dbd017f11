/** The number of training images per class, in descending order. */
import type { DataReport } from '../../protocol/data-report.ts'
import { count } from '../format.ts'
import { perClassText } from './facts.ts'
import { SmallPlot } from './small-plot.tsx'

/** The outline of bars of equal width as one path, even for a thousand classes. */
function outline(counts: readonly number[]): string {
  const [width, most] = [100 / counts.length, counts[0]]
  const steps = counts.map((n, i) => `V${(100 - (100 * n) / most).toFixed(2)}H${((i + 1) * width).toFixed(3)}`)
  return `M0 100${steps.join('')}V100Z`
}

export function ClassBalance({ classes }: { readonly classes: DataReport['classes'] }) {
  const sorted = [...classes].sort((a, b) => b.train - a.train)
  const [most, fewest] = [sorted[0], sorted[sorted.length - 1]]
  return (
    <SmallPlot
      title="Images per class, sorted"
      label={`Training images per class: ${perClassText(classes)}; most in ${most.name}, fewest in ${fewest.name}`}
      ticks={[
        { at: 0, text: count(most.train) },
        { at: 100, text: count(fewest.train) },
      ]}
    >
      <path className="small-plot-bar" d={outline(sorted.map(({ train }) => train))}>
        <title>{`Most: ${most.name}, ${count(most.train)}. Fewest: ${fewest.name}, ${count(fewest.train)}.`}</title>
      </path>
    </SmallPlot>
  )
}
