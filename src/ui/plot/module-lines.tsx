/** Lines of modules over the shared x axis, a point a checkpoint; measurements' charts share it. */

import { useMemo } from 'react'
import { Line, ReferenceLine } from 'recharts'
import type { Run } from '../../runs/reduce.ts'
import type { ViewState } from '../../store/state.ts'
import type { AlphaSpan } from './alpha-spans.ts'
import { endLabels, lineEnd, pointsOf } from './end-labels.ts'
import { isModule, lineStyle } from './modules.ts'
import { Plot } from './plot.tsx'
import { margins } from './plot-frame.tsx'
import { endMark, common as plain } from './plot-marks.tsx'
import type { TooltipLine } from './plot-overlay.tsx'
import { xAxisOf } from './x-axis.ts'
import { axisFromZero, linearAxis, valuesWithin } from './y-axis.ts'

export interface ModuleRow {
  readonly x: number
  readonly step: number
  /** A module's or another line's value, and more under longer keys. */
  readonly [key: string]: number
}

interface Props {
  readonly run: Run
  readonly view: Pick<ViewState, 'x' | 'range'>
  readonly label: string
  readonly yLabel: string
  readonly height: number
  readonly rowsAt: (at: (step: number) => number) => readonly ModuleRow[]
  /** Lines that are shown, by the rows' keys; one that is no module is drawn in the accent. */
  readonly modules: readonly string[]
  /** The ending of keys that are drawn thin, in their module's color; null where there are none. */
  readonly thin: string | null
  readonly formatY: (value: number) => string
  readonly spans: readonly AlphaSpan[]
  /** The y axis need not hold 0. */
  readonly close?: boolean
}

const common = { ...plain, connectNulls: true } as const

/** Keys of the rows that belong to a module and end so: `layer1.random`, or `layer1.0 gates`. */
const thinKeys = (rows: readonly ModuleRow[], module: string, ending: string) => [
  ...new Set(rows.flatMap((row) => Object.keys(row)).filter((key) => key.startsWith(module) && key.endsWith(ending))),
]

export function ModuleLines(props: Props) {
  const { run, view, label, yLabel, height, rowsAt, modules, thin, formatY, spans, close = false } = props
  const { x, range } = view
  const axis = useMemo(() => xAxisOf(run, { x, range }), [run, x, range])
  const rows = rowsAt(axis.at)
  const faint =
    thin === null ? [] : modules.flatMap((module) => thinKeys(rows, module, thin).map((key) => ({ module, key })))
  const values = valuesWithin(rows, [...modules, ...faint.map(({ key }) => key)], axis.domain)
  const yAxis = close ? linearAxis(values) : axisFromZero(values)
  const pixels = (height - margins.top - margins.bottom) / (yAxis.domain[1] - yAxis.domain[0])
  const ends = modules.flatMap((module) => lineEnd(module, pointsOf(rows, module), axis.domain) ?? [])
  return (
    <Plot
      label={label}
      axis={axis}
      rows={rows}
      height={height}
      yLabel={yLabel}
      yAxis={yAxis}
      formatY={formatY}
      spans={spans}
      readout={(step) => readout(rows, modules, step, formatY)}
    >
      {yAxis.domain[0] <= 0 && <ReferenceLine y={0} stroke="var(--line-2)" />}
      {faint.map(({ module, key }) => (
        <Line
          {...common}
          key={key}
          dataKey={(row: ModuleRow) => row[key]}
          stroke={`var(${lineStyle(module).color})`}
          strokeWidth={1}
          strokeDasharray="1 3"
          dot={false}
        />
      ))}
      {modules.map((module) => (
        <Line
          {...common}
          key={module}
          dataKey={(row: ModuleRow) => row[module]}
          stroke={`var(${lineStyle(module).color})`}
          strokeWidth={2}
          strokeDasharray={lineStyle(module).dash}
          dot={{ r: 2.5, strokeWidth: 0, fill: `var(${lineStyle(module).color})` }}
        />
      ))}
      {endLabels(ends, pixels).map((end) =>
        endMark(end, isModule(end.name) ? end.name : '', `var(${lineStyle(end.name).color})`),
      )}
    </Plot>
  )
}

/** The measured checkpoint at or before a step, or the first. */
function readout(
  rows: readonly ModuleRow[],
  modules: readonly string[],
  step: number,
  formatY: (value: number) => string,
): TooltipLine[] {
  const row = rows.findLast((one) => one.step <= step) ?? rows[0]
  if (!row) return []
  return modules.flatMap((name) =>
    row[name] === undefined ? [] : [{ label: name, value: formatY(row[name]), color: lineStyle(name).color }],
  )
}
