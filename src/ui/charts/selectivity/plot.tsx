/** The drawing of the selectivity chart: bands below, lines above, names at the lines' ends. */

import { useMemo } from 'react'
import { Line, ReferenceLine } from 'recharts'
import type { Run } from '../../../runs/reduce.ts'
import type { ViewState } from '../../../store/state.ts'
import type { AlphaSpan } from '../../plot/alpha-spans.ts'
import { endLabels, lineEnd, pointsOf } from '../../plot/end-labels.ts'
import { type ModuleName, moduleStyle, modulesOf } from '../../plot/modules.ts'
import { Plot } from '../../plot/plot.tsx'
import { margins } from '../../plot/plot-frame.tsx'
import { bandMark, common, endMark } from '../../plot/plot-marks.tsx'
import type { TooltipLine } from '../../plot/plot-overlay.tsx'
import { xAxisOf } from '../../plot/x-axis.ts'
import { axisFromZero, valuesWithin } from '../../plot/y-axis.ts'
import { selectivityRows } from './model.ts'

const height = 280
/** More points than this are drawn without markers. */
const mostMarkers = 60
const paint = (module: ModuleName) => `var(${moduleStyle[module].color})`

interface Props {
  readonly run: Run
  readonly version: number
  readonly view: Pick<ViewState, 'x' | 'range'>
  /** SI − floor in place of SI. */
  readonly difference: boolean
  readonly hidden: ReadonlySet<string>
  readonly spans: readonly AlphaSpan[]
  readonly readout: (step: number) => readonly TooltipLine[]
}

export function SelectivityPlot({ run, version, view, difference, hidden, spans, readout }: Props) {
  const { x, range } = view
  // biome-ignore lint/correctness/useExhaustiveDependencies: the run only grows; its version says when
  const axis = useMemo(() => xAxisOf(run, { x, range }), [run, version, x, range])
  const rows = useMemo(() => selectivityRows(run, axis.at, difference), [run, axis, difference])
  const shown = modulesOf(run).filter((module) => !hidden.has(module))
  const floor = !difference && !hidden.has('floor')
  const keys = [...shown.flatMap((module) => [module, `${module}.band`]), ...(floor ? ['floor.band'] : [])]
  const yAxis = axisFromZero(valuesWithin(rows, keys, axis.domain))
  const ends = shown.flatMap((module) => lineEnd(module, pointsOf(rows, module), axis.domain) ?? [])
  const pixels = (height - margins.top - margins.bottom) / (yAxis.domain[1] - yAxis.domain[0])
  return (
    <Plot
      label="Selectivity by module"
      axis={axis}
      rows={rows}
      height={height}
      yLabel={difference ? 'SI − floor' : 'selectivity (SI)'}
      yAxis={yAxis}
      formatY={(value) => value.toFixed(2)}
      spans={spans}
      readout={readout}
    >
      {difference && <ReferenceLine y={0} stroke="var(--line-2)" />}
      {floor && floorMarks()}
      {!difference && shown.map((module) => bandMark(`${module}.band`, paint(module), 0.1))}
      {shown.map((module) => line(module, rows.length <= mostMarkers))}
      {endLabels(ends, pixels).map((end) => endMark(end, end.name, paint(end.name)))}
    </Plot>
  )
}

const floorMarks = () => [
  bandMark('floor.band', 'var(--floor)', 0.22),
  <Line
    {...common}
    key="floor"
    dataKey="floor"
    stroke="var(--floor)"
    strokeWidth={1.5}
    strokeDasharray="1 3"
    dot={false}
  />,
]

const line = (module: ModuleName, markers: boolean) => (
  <Line
    {...common}
    key={module}
    dataKey={module}
    stroke={paint(module)}
    strokeWidth={2}
    strokeDasharray={moduleStyle[module].dash}
    dot={markers ? { r: 2, strokeWidth: 0, fill: paint(module) } : false}
  />
)
