/** Lines of modules over the shared x axis, with a point for each measured checkpoint. */
import { useMemo } from 'react'
import type { Run } from '../../runs/reduce.ts'
import type { ViewState } from '../../store/state.ts'
import type { AlphaSpan } from './alpha-spans.ts'
import { EndNames, lineMark, ZeroMark } from './marks.tsx'
import { isModule, lineStyle } from './modules.ts'
import type { ReadoutValue } from './readout.tsx'
import { RunPlot } from './run-plot.tsx'
import { xAxisOf } from './x-axis.ts'
import { axisFromZero, linearAxis, valuesWithin } from './y-axis.ts'

export interface ModuleRow {
  readonly x: number
  readonly step: number
  /** The values of modules and other lines. A longer key such as `layer1.random` is a second line of a module. */
  readonly [key: string]: number
}

interface Props {
  readonly run: Run
  readonly view: Pick<ViewState, 'x' | 'range'>
  readonly label: string
  readonly yLabel: string
  readonly height: number
  /** The rows, given the conversion from steps to positions on the x axis. */
  readonly rowsAt: (at: (step: number) => number) => readonly ModuleRow[]
  /** The visible lines, by the rows' keys. A key that is no module is drawn in the accent color. */
  readonly modules: readonly string[]
  /** The suffix of keys that are drawn as thin lines in their module's color, or null for none. */
  readonly thin: string | null
  readonly formatY: (value: number) => string
  readonly spans: readonly AlphaSpan[]
  /** True if the y axis need not start at 0. */
  readonly close?: boolean
}

const paint = (name: string) => `var(${lineStyle(name).color})`

/** The rows' keys that start with the module's name and end with the suffix: `layer1.random`, `layer1.0 site`. */
const thinKeys = (rows: readonly ModuleRow[], module: string, suffix: string) => [
  ...new Set(rows.flatMap((row) => Object.keys(row)).filter((key) => key.startsWith(module) && key.endsWith(suffix))),
]

export function ModuleLines(props: Props) {
  const { run, view, rowsAt, modules, thin, formatY, close = false, ...plot } = props
  const axis = useMemo(() => xAxisOf(run, view), [run, view])
  const rows = rowsAt(axis.at)
  const faint =
    thin === null ? [] : modules.flatMap((module) => thinKeys(rows, module, thin).map((key) => ({ module, key })))
  const values = valuesWithin(rows, [...modules, ...faint.map(({ key }) => key)], axis.domain)
  const yAxis = close ? linearAxis(values) : axisFromZero(values)
  return (
    <RunPlot
      {...plot}
      axis={axis}
      yAxis={yAxis}
      formatY={formatY}
      readout={(step) => readout(rows, modules, step, formatY)}
    >
      <ZeroMark />
      {faint.map(({ module, key }) =>
        lineMark(rows, { key, stroke: paint(module), strokeWidth: 1, strokeDasharray: '1 3' }),
      )}
      {modules.map((module) =>
        lineMark(rows, {
          key: module,
          stroke: paint(module),
          strokeWidth: 2,
          strokeDasharray: lineStyle(module).dash,
          dot: 2.5,
        }),
      )}
      <EndNames
        rows={rows}
        keys={modules.filter(isModule)}
        xDomain={axis.domain}
        textOf={(name) => name}
        colorOf={paint}
      />
    </RunPlot>
  )
}

/** The values at the last measured checkpoint at or before a step, or at the first. */
function readout(
  rows: readonly ModuleRow[],
  modules: readonly string[],
  step: number,
  formatY: (value: number) => string,
): ReadoutValue[] {
  const row = rows.findLast((one) => one.step <= step) ?? rows[0]
  if (!row) return []
  return modules.flatMap((name) =>
    row[name] === undefined ? [] : [{ label: name, value: formatY(row[name]), color: lineStyle(name).color }],
  )
}
