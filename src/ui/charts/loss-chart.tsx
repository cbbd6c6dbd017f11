/** Loss and accuracy, training and validation. */
import { useId, useMemo, useState } from 'react'
import { Switch } from 'react-aria-components'
import { Line } from 'recharts'
import type { Run } from '../../runs/reduce.ts'
import type { ViewState } from '../../store/state.ts'
import { signSpans } from './alpha-spans.ts'
import { ChartFrame, EmptyChart, type LegendItem } from './chart-frame.tsx'
import { lowerBound } from './decimate.ts'
import { accuracyRows, lossCaption, lossRows, lossTable } from './loss-series.ts'
import { Plot, type TooltipLine } from './plot.tsx'
import { useHidden } from './use-hidden.ts'
import { xAxisOf } from './x-axis.ts'

const empty =
  'Loss and accuracy of training and held-out images. Validation appears before the first step, training with it.'
const spans = [1, 5, 20, 100, 500] as const

interface Props {
  readonly run: Run | null
  readonly version: number
  readonly view: Pick<ViewState, 'x' | 'range'>
}

const legend: readonly LegendItem[] = [
  { key: 'train', label: 'training', color: '--ink-2', shape: 'line' },
  { key: 'validation', label: 'validation', color: '--accent', dash: '6 3', shape: 'line' },
  { key: 'top5', label: 'validation top-5', color: '--run-3', dash: '2 3', shape: 'line' },
]

export function LossChart({ run, version, view }: Props) {
  const [hidden, toggle] = useHidden()
  const [span, setSpan] = useState<number>(20)
  const [log, setLog] = useState(false)
  const selectId = useId()
  const title = 'Loss and accuracy'
  if (!run || run.evaluations.length + run.steps.length === 0) return <EmptyChart title={title} text={empty} />
  const toolbar = (
    <>
      <label className="chart-select" htmlFor={selectId}>
        Smoothing
        <select
          id={selectId}
          className="input select"
          value={span}
          onChange={(event) => setSpan(Number(event.target.value))}
        >
          {spans.map((value) => (
            <option key={value} value={value}>
              {value === 1 ? 'none' : `${value} steps`}
            </option>
          ))}
        </select>
      </label>
      <Switch className="switch" isSelected={log} onChange={setLog}>
        <span className="switch-track" />
        Log loss
      </Switch>
    </>
  )
  return (
    <ChartFrame
      id="loss-and-accuracy"
      title={title}
      caption={lossCaption(run)}
      legend={legend}
      hidden={hidden}
      onToggle={toggle}
      table={lossTable(run)}
      toolbar={toolbar}
    >
      <LossPlots run={run} version={version} view={view} hidden={hidden} span={span} log={log} />
    </ChartFrame>
  )
}

interface PlotsProps extends Props {
  readonly run: Run
  readonly hidden: ReadonlySet<string>
  readonly span: number
  readonly log: boolean
}

/** Points are thinned to the extremes of this many columns, two pixels wide on a large screen. */
const columns = 300

function LossPlots({ run, version, view, hidden, span, log }: PlotsProps) {
  const { x, range } = view
  // biome-ignore lint/correctness/useExhaustiveDependencies: the run only grows; its version says when
  const axis = useMemo(() => xAxisOf(run, { x, range }), [run, version, x, range])
  // biome-ignore lint/correctness/useExhaustiveDependencies: as above
  const shading = useMemo(() => signSpans(run), [run, version])
  const loss = useMemo(() => lossRows(run, axis, { columns, span }), [run, axis, span])
  const accuracy = useMemo(() => accuracyRows(run, axis, { columns, span }), [run, axis, span])
  const shared = { axis, spans: shading, height: 190 }
  return (
    <>
      <Plot
        {...shared}
        label="Loss"
        rows={loss}
        yLabel={log ? 'loss (log)' : 'loss'}
        yDomain={['auto', 'auto']}
        yScale={log ? 'log' : 'linear'}
        formatY={(value) => String(Number(value.toPrecision(3)))}
        readout={(step) => describeLoss(run, step)}
      >
        {lines(hidden, span)}
      </Plot>
      <Plot
        {...shared}
        label="Accuracy"
        rows={accuracy}
        yLabel="accuracy (%)"
        yDomain={[0, 'auto']}
        formatY={(value) => String(Math.round(value))}
        readout={(step) => describeAccuracy(run, step)}
      >
        {lines(hidden, span)}
        {!hidden.has('top5') && (
          <Line
            {...common}
            dataKey="top5"
            stroke="var(--run-3)"
            strokeWidth={1.5}
            strokeDasharray="2 3"
            dot={dots(run, '--run-3')}
          />
        )}
      </Plot>
    </>
  )
}

const common = { type: 'linear', isAnimationActive: false, activeDot: false, connectNulls: true, dot: false } as const
const dots = (run: Run, color: string) =>
  run.evaluations.length <= 60 ? { r: 2, strokeWidth: 0, fill: `var(${color})` } : false

function lines(hidden: ReadonlySet<string>, span: number) {
  return [
    !hidden.has('train') && span > 1 && (
      <Line {...common} key="raw" dataKey="raw" stroke="var(--ink-2)" strokeWidth={1} strokeOpacity={0.3} />
    ),
    !hidden.has('train') && <Line {...common} key="train" dataKey="train" stroke="var(--ink-2)" strokeWidth={1.5} />,
    !hidden.has('validation') && (
      <Line
        {...common}
        key="validation"
        dataKey="validation"
        stroke="var(--accent)"
        strokeWidth={2}
        strokeDasharray="6 3"
        dot={{ r: 2.5, strokeWidth: 0, fill: 'var(--accent)' }}
      />
    ),
  ]
}

/** The recorded step at or after `step`, and the evaluation at or before it. */
function recordsAt(run: Run, step: number) {
  const steps = run.steps.column('step')
  const i = Math.min(lowerBound(steps, step), steps.length - 1)
  return { i, evaluation: run.evaluations.findLast((e) => e.step <= step) }
}

function describeLoss(run: Run, step: number): TooltipLine[] {
  const { i, evaluation } = recordsAt(run, step)
  const at = (key: 'loss' | 'crossEntropy' | 'penalty' | 'alpha') => run.steps.column(key)[i]
  const trained: TooltipLine[] =
    i < 0
      ? []
      : [
          { label: 'training', value: at('loss').toFixed(3), color: '--ink-2' },
          { label: 'cross-entropy', value: at('crossEntropy').toFixed(3) },
          { label: 'R', value: at('penalty').toFixed(3) },
          { label: 'α', value: String(Number(at('alpha').toPrecision(3))) },
        ]
  return evaluation
    ? [...trained, { label: 'validation', value: evaluation.loss.toFixed(3), color: '--accent' }]
    : trained
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`

function describeAccuracy(run: Run, step: number): TooltipLine[] {
  const { i, evaluation } = recordsAt(run, step)
  const trained = i < 0 ? [] : [{ label: 'training', value: percent(run.steps.column('top1')[i]), color: '--ink-2' }]
  if (!evaluation) return trained
  return [
    ...trained,
    { label: 'validation', value: percent(evaluation.top1), color: '--accent' },
    { label: 'validation top-5', value: percent(evaluation.top5), color: '--run-3' },
  ]
}
