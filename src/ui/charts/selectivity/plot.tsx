/** The drawing of the selectivity chart: bands below, lines above, names at the lines' ends. */
import { useMemo } from 'react'
import { forkOf } from '../../../runs/lineage.ts'
import type { Run } from '../../../runs/reduce.ts'
import type { ViewState } from '../../../store/state.ts'
import type { AlphaSpan } from '../../plot/alpha-spans.ts'
import { bandMark, EndNames, lineMark, ZeroMark } from '../../plot/marks.tsx'
import { type ModuleName, moduleStyle, modulesOf } from '../../plot/modules.ts'
import type { ReadoutValue } from '../../plot/readout.tsx'
import { RunPlot } from '../../plot/run-plot.tsx'
import { twoDigits } from '../../plot/tick-text.ts'
import { xAxisOf } from '../../plot/x-axis.ts'
import { axisFromZero, type PlotRow, valuesWithin } from '../../plot/y-axis.ts'
import { selectivityRows } from './model.ts'

const height = 280
/** Lines with more points have no dots. */
const mostDots = 60
const paint = (module: ModuleName) => `var(${moduleStyle[module].color})`

interface Props {
  readonly run: Run
  readonly view: Pick<ViewState, 'x' | 'range'>
  /** Shows SI − floor instead of SI. */
  readonly difference: boolean
  readonly hidden: ReadonlySet<string>
  readonly spans: readonly AlphaSpan[]
  readonly readout: (step: number) => readonly ReadoutValue[]
}

export function SelectivityPlot({ run, view, difference, hidden, spans, readout }: Props) {
  const axis = useMemo(() => xAxisOf(run, view), [run, view])
  const rows = useMemo(() => selectivityRows(run, axis.at, difference), [run, axis, difference])
  const shown = modulesOf(run).filter((module) => !hidden.has(module))
  const floor = !difference && !hidden.has('floor')
  const keys = [...shown.flatMap((module) => [module, `${module}.band`]), ...(floor ? ['floor.band'] : [])]
  const yAxis = axisFromZero(valuesWithin(rows, keys, axis.domain))
  return (
    <RunPlot
      label="Selectivity by module"
      axis={axis}
      height={height}
      yLabel={difference ? 'SI − chance floor, mean over units' : 'class selectivity index SI, mean over units'}
      yAxis={yAxis}
      formatY={twoDigits}
      spans={spans}
      fork={forkOf(run)?.step}
      readout={readout}
    >
      {difference && <ZeroMark />}
      {floor && floorMarks(rows)}
      {!difference && shown.map((module) => bandMark(rows, `${module}.band`, paint(module), 0.1))}
      {shown.map((module) => moduleLine(rows, module))}
      <EndNames rows={rows} keys={shown} xDomain={axis.domain} textOf={(module) => module} colorOf={paint} />
    </RunPlot>
  )
}

const floorMarks = (rows: readonly PlotRow[]) => [
  bandMark(rows, 'floor.band', 'var(--floor)', 0.22),
  lineMark(rows, { key: 'floor', stroke: 'var(--floor)', strokeWidth: 1.5, strokeDasharray: '1 3' }),
]

const moduleLine = (rows: readonly PlotRow[], module: ModuleName) =>
  lineMark(rows, {
    key: module,
    stroke: paint(module),
    strokeWidth: 2,
    strokeDasharray: moduleStyle[module].dash,
    dot: rows.length <= mostDots ? 2 : undefined,
  })
