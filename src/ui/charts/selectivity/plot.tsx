/** The drawing of the selectivity chart: bands below, lines above, names at the lines' ends. */
import { useMemo } from 'react'
import { forkOf } from '../../../runs/lineage.ts'
import type { Run } from '../../../runs/reduce.ts'
import type { ViewState } from '../../../store/state.ts'
import type { AlphaSpan } from '../../plot/alpha-spans.ts'
import { bandMark, EndNames, lineMark, zeroMark } from '../../plot/marks.tsx'
import { type ModuleName, moduleStyle, modulesOf } from '../../plot/modules.ts'
import type { ReadoutValue } from '../../plot/readout.tsx'
import { RunPlot } from '../../plot/run-plot.tsx'
import { xAxisOf } from '../../plot/x-axis.ts'
import { axisFromZero, valuesWithin } from '../../plot/y-axis.ts'
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
      rows={rows}
      height={height}
      yLabel={difference ? 'SI − chance floor, mean over units' : 'class selectivity index SI, mean over units'}
      yAxis={yAxis}
      formatY={(value) => value.toFixed(2)}
      spans={spans}
      fork={forkOf(run)?.step}
      readout={readout}
    >
      {difference && zeroMark(yAxis)}
      {floor && floorMarks()}
      {!difference && shown.map((module) => bandMark(`${module}.band`, paint(module), 0.1))}
      {shown.map((module) => moduleLine(module, rows.length <= mostDots))}
      <EndNames rows={rows} keys={shown} xDomain={axis.domain} textOf={(module) => module} colorOf={paint} />
    </RunPlot>
  )
}

const floorMarks = () => [
  bandMark('floor.band', 'var(--floor)', 0.22),
  lineMark({ key: 'floor', stroke: 'var(--floor)', strokeWidth: 1.5, strokeDasharray: '1 3' }),
]

const moduleLine = (module: ModuleName, dots: boolean) =>
  lineMark({
    key: module,
    stroke: paint(module),
    strokeWidth: 2,
    strokeDasharray: moduleStyle[module].dash,
    dot: dots ? 2 : undefined,
  })
