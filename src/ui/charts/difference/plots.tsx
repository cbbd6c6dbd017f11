/** The three plots of the difference from the parent: selectivity, loss, accuracy. */
import { useMemo } from 'react'
import type { ViewState } from '../../../store/state.ts'
import { lineMark, ZeroMark } from '../../plot/marks.tsx'
import { moduleStyle, modulesOf } from '../../plot/modules.ts'
import { PlotLine } from '../../plot/plot-line.tsx'
import type { ReadoutValue } from '../../plot/readout.tsx'
import { RunPlot } from '../../plot/run-plot.tsx'
import { type XAxisModel, xAxisOf } from '../../plot/x-axis.ts'
import { axisFromZero, type PlotRow, valuesWithin } from '../../plot/y-axis.ts'
import { type Pair, scoreLines, selectivityDifferences, selectivityLines } from './model.ts'

interface Props {
  readonly pair: Pair
  readonly view: Pick<ViewState, 'x' | 'range'>
  readonly hidden: ReadonlySet<string>
}

/** Lines are decimated to this many columns, which are two pixels wide on a large screen. */
const columns = 300
/** Steps of the moving average of the training line. */
const span = 20

const signed = (value: number) => `${value > 0 ? '+' : ''}${Number(value.toPrecision(3))}`.replace('-', '−')

/** The values of the last row at or before a position that has them. */
function readout(rows: readonly PlotRow[], lines: readonly Line[], x: number): ReadoutValue[] {
  return lines.flatMap(({ key, label, color }) => {
    const value = rows.findLast((row) => row.x <= x && row[key] !== undefined)?.[key]
    return typeof value === 'number' ? [{ label, value: signed(value), color }] : []
  })
}

interface Line {
  readonly key: string
  readonly label: string
  /** A CSS custom property. */
  readonly color: string
}

const trainedAndHeldOut: readonly Line[] = [
  { key: 'train', label: 'training', color: '--ink-2' },
  { key: 'validation', label: 'validation', color: '--accent' },
]

export function DifferencePlots({ pair, view, hidden }: Props) {
  const axis = useMemo(() => xAxisOf(pair.run, view), [pair, view])
  const selectivity = useMemo(() => selectivityLines(selectivityDifferences(pair), axis.at), [pair, axis])
  const loss = useMemo(() => scoreLines(pair, 'loss', axis, { columns, span }), [pair, axis])
  const top1 = useMemo(() => scoreLines(pair, 'top1', axis, { columns, span, scale: 100 }), [pair, axis])
  const shared = { axis, hidden, fork: pair.from }
  return (
    <>
      <SelectivityPlot {...shared} pair={pair} rows={selectivity} />
      <ScorePlot {...shared} rows={loss} label="Difference of the loss" yLabel="Δ loss: fork − parent" />
      <ScorePlot
        {...shared}
        rows={top1}
        label="Difference of the accuracy"
        yLabel="Δ top-1: fork − parent (percentage points)"
      />
    </>
  )
}

interface PlotProps {
  readonly axis: XAxisModel
  readonly hidden: ReadonlySet<string>
  readonly fork: number
  readonly rows: readonly PlotRow[]
}

function SelectivityPlot({ axis, hidden, fork, rows, pair }: PlotProps & { readonly pair: Pair }) {
  const shown = modulesOf(pair.run).filter((module) => !hidden.has(module))
  const yAxis = axisFromZero(valuesWithin(rows, shown, axis.domain))
  const lines = shown.map((module) => ({ key: module, label: module, color: moduleStyle[module].color }))
  return (
    <RunPlot
      label="Difference of selectivity by module"
      axis={axis}
      height={190}
      yLabel="Δ SI: fork − parent, mean over units"
      yAxis={yAxis}
      formatY={signed}
      spans={[]}
      fork={fork}
      readout={(step) => readout(rows, lines, axis.at(step))}
    >
      <ZeroMark />
      {shown.map((module) =>
        lineMark(rows, {
          key: module,
          stroke: `var(${moduleStyle[module].color})`,
          strokeWidth: 2,
          strokeDasharray: moduleStyle[module].dash,
          dot: rows.length <= 60 ? 2 : undefined,
        }),
      )}
    </RunPlot>
  )
}

function ScorePlot({ axis, hidden, fork, rows, ...labels }: PlotProps & { label: string; yLabel: string }) {
  const shown = trainedAndHeldOut.filter(({ key }) => !hidden.has(key))
  const keys = shown.map(({ key }) => key)
  const yAxis = axisFromZero(valuesWithin(rows, keys, axis.domain))
  return (
    <RunPlot
      {...labels}
      axis={axis}
      height={150}
      yAxis={yAxis}
      formatY={signed}
      spans={[]}
      fork={fork}
      readout={(step) => readout(rows, shown, axis.at(step))}
    >
      <ZeroMark />
      {keys.includes('train') && <PlotLine rows={rows} dataKey="train" stroke="var(--ink-2)" strokeWidth={1.5} />}
      {keys.includes('validation') && (
        <PlotLine
          rows={rows}
          dataKey="validation"
          stroke="var(--accent)"
          strokeWidth={2}
          strokeDasharray="6 3"
          dot={2}
        />
      )}
    </RunPlot>
  )
}
