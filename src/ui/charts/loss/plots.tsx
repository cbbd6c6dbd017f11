/** The two plots of the loss and accuracy chart: the raw line faint, the smoothed line and validation above it. */
import { useMemo } from 'react'
import { forkOf } from '../../../runs/lineage.ts'
import type { Run } from '../../../runs/reduce.ts'
import type { ViewState } from '../../../store/state.ts'
import type { AlphaSpan } from '../../plot/alpha-spans.ts'
import { PlotLine } from '../../plot/plot-line.tsx'
import { RunPlot } from '../../plot/run-plot.tsx'
import { threeDigits } from '../../plot/tick-text.ts'
import { xAxisOf } from '../../plot/x-axis.ts'
import { axisFromZero, linearAxis, logAxis, valuesWithin } from '../../plot/y-axis.ts'
import { accuracyRows, type LossRow, lossRows, onLogAxis } from './model.ts'
import { describeAccuracy, describeLoss } from './readout.ts'

interface Props {
  readonly run: Run
  readonly view: Pick<ViewState, 'x' | 'range'>
  readonly hidden: ReadonlySet<string>
  /** Span of the moving average, in steps. */
  readonly span: number
  /** A logarithmic axis for the loss. */
  readonly log: boolean
  readonly shading: readonly AlphaSpan[]
}

/** Lines are decimated to this many columns, which are two pixels wide on a large screen. */
const columns = 300

export function LossPlots({ run, view, hidden, span, log, shading }: Props) {
  const axis = useMemo(() => xAxisOf(run, view), [run, view])
  const all = useMemo(() => lossRows(run, axis, { columns, span }), [run, axis, span])
  const accuracy = useMemo(() => accuracyRows(run, axis, { columns, span }), [run, axis, span])
  const loss = log ? all.filter(onLogAxis) : all
  const within = (rows: readonly LossRow[], keys: readonly string[]) =>
    valuesWithin(
      rows,
      keys.filter((key) => !hidden.has(key === 'raw' ? 'train' : key)),
      axis.domain,
    )
  const lossValues = within(loss, ['raw', 'train', 'validation'])
  const shared = { axis, spans: shading, fork: forkOf(run)?.step, height: 190 }
  return (
    <>
      <RunPlot
        {...shared}
        label="Loss"
        yLabel={log ? 'loss L (logarithmic axis)' : 'loss L, mean over images'}
        yAxis={log ? logAxis(lossValues) : linearAxis(lossValues)}
        formatY={threeDigits}
        readout={(step) => describeLoss(run, step)}
      >
        {lines(run, loss, hidden, span)}
      </RunPlot>
      <RunPlot
        {...shared}
        label="Accuracy"
        yLabel="accuracy: images with the right class (%)"
        yAxis={axisFromZero(within(accuracy, ['raw', 'train', 'validation', 'top5']))}
        formatY={threeDigits}
        readout={(step) => describeAccuracy(run, step)}
      >
        {lines(run, accuracy, hidden, span)}
        {!hidden.has('top5') && (
          <PlotLine
            rows={accuracy}
            dataKey="top5"
            stroke="var(--run-3)"
            strokeWidth={1.5}
            strokeDasharray="2 3"
            dot={dots(run)}
          />
        )}
      </RunPlot>
    </>
  )
}

const dots = (run: Run) => (run.evaluations.length <= 60 ? 2 : undefined)

const lines = (run: Run, rows: readonly LossRow[], hidden: ReadonlySet<string>, span: number) => [
  !hidden.has('train') && span > 1 && (
    <PlotLine key="raw" rows={rows} dataKey="raw" stroke="var(--ink-2)" strokeWidth={1} strokeOpacity={0.3} />
  ),
  !hidden.has('train') && <PlotLine key="train" rows={rows} dataKey="train" stroke="var(--ink-2)" strokeWidth={1.5} />,
  !hidden.has('validation') && (
    <PlotLine
      key="validation"
      rows={rows}
      dataKey="validation"
      stroke="var(--accent)"
      strokeWidth={2}
      strokeDasharray="6 3"
      dot={dots(run)}
    />
  ),
]
