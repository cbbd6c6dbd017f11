/** The drawing of the selectivity chart: bands below, lines above, names at the lines' ends. */
import { useMemo } from 'react'
import { Area, Line, ReferenceDot, ReferenceLine } from 'recharts'
import type { Run } from '../../runs/reduce.ts'
import type { ViewState } from '../../store/state.ts'
import type { AlphaSpan } from './alpha-spans.ts'
import { endLabels, type LineEnd, lineEnd } from './end-labels.ts'
import { margins, Plot, type TooltipLine } from './plot.tsx'
import { type ModuleName, moduleStyle, modulesOf, type SelectivityRow, selectivityRows } from './selectivity-series.ts'
import { xAxisOf } from './x-axis.ts'
import { axisFromZero, valuesWithin } from './y-axis.ts'

const height = 280
/** More points than this are drawn without markers. */
const mostMarkers = 60
const common = { type: 'linear', isAnimationActive: false, activeDot: false } as const
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
      {!difference && shown.map(band)}
      {shown.map((module) => line(module, rows.length <= mostMarkers))}
      {endLabels(endsOf(shown, rows, axis.domain), pixels).map(endName)}
    </Plot>
  )
}

const floorMarks = () => [
  <Area {...common} key="floor band" dataKey="floor.band" stroke="none" fill="var(--floor)" fillOpacity={0.22} />,
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

const band = (module: ModuleName) => (
  <Area
    {...common}
    key={`${module} band`}
    dataKey={`${module}.band`}
    stroke="none"
    fill={paint(module)}
    fillOpacity={0.1}
  />
)

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

function endsOf(modules: readonly ModuleName[], rows: readonly SelectivityRow[], domain: readonly [number, number]) {
  const points = (module: ModuleName) =>
    rows.flatMap((row): [number, number][] => {
      const value = row[module]
      return typeof value === 'number' ? [[row.x, value]] : []
    })
  return modules.flatMap((module) => lineEnd(module, points(module), domain) ?? [])
}

const endName = ({ name, x, y, shift }: LineEnd<ModuleName> & { readonly shift: number }) => (
  <ReferenceDot
    key={`${name} name`}
    x={x}
    y={y}
    r={0}
    ifOverflow="visible"
    label={{ value: name, position: 'right', dy: shift, fill: paint(name), fontSize: 12, fontWeight: 600 }}
  />
)
