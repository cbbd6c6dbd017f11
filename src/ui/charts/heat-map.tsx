/** Site × time: how selective each residual block's units are, probe by probe. A click selects site and moment. */
import { type KeyboardEvent, useMemo } from 'react'
import { ComposedChart, Scatter, XAxis, YAxis } from 'recharts'
import type { Run } from '../../runs/reduce.ts'
import { setView } from '../../store/lab.ts'
import type { ViewState } from '../../store/state.ts'
import { ChartFrame, EmptyChart } from './chart-frame.tsx'
import { type Cell, columnAt, heatCaption, heatCells, heatTable } from './heat-map-model.ts'
import { margins } from './plot.tsx'
import { useWidth } from './use-width.ts'

const empty = 'One row a residual block, one column a probe: where in the network selectivity rises, and when.'
const rowHeight = 14
const none: ReadonlySet<string> = new Set()
const left = 60

interface Props {
  readonly run: Run | null
  readonly version: number
  readonly view: ViewState
}

/** From the surface to the accent; interpolated in OKLab, so that equal steps look equal. */
const shade = (selectivity: number, highest: number) => {
  const share = Math.round(100 * Math.min(1, Math.max(0, selectivity / highest)))
  return `color-mix(in oklab, var(--heat-high) ${share}%, var(--heat-low))`
}

export function HeatMap({ run, version, view }: Props) {
  const title = 'Selectivity by site'
  if (!run || run.probes.length === 0) return <EmptyChart title={title} text={empty} />
  return (
    <ChartFrame
      id="sites"
      title={title}
      caption={heatCaption(run)}
      legend={[]}
      hidden={none}
      onToggle={() => {}}
      table={heatTable(run)}
    >
      <HeatPlot run={run} version={version} view={view} />
    </ChartFrame>
  )
}

/** Arrow keys move the selected cell. */
function moved(event: KeyboardEvent, run: Run, row: number, column: number): { row: number; column: number } | null {
  const by = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key]
  if (!by) return null
  const clamp = (value: number, length: number) => Math.min(length - 1, Math.max(0, value))
  return { row: clamp(row + by[0], run.probes[0].sites.length), column: clamp(column + by[1], run.probes.length) }
}

function HeatPlot({ run, version, view }: Props & { readonly run: Run }) {
  const [width, ref] = useWidth()
  // biome-ignore lint/correctness/useExhaustiveDependencies: the run only grows; its version says when
  const cells = useMemo(() => heatCells(run), [run, version])
  const sites = run.probes[0].sites.map(({ site }) => site)
  const highest = Math.max(0.05, ...cells.map(({ selectivity }) => selectivity))
  const height = sites.length * rowHeight + margins.top + margins.bottom
  const columns = run.probes.length
  const cellWidth = (width - left - margins.right) / columns
  const selected = {
    row: Math.max(0, view.site === null ? 0 : sites.indexOf(view.site)),
    column: columnAt(run, view.moment),
  }
  const select = (row: number, column: number) =>
    setView({ site: sites[row], moment: column === columns - 1 ? null : run.probes[column].step })
  const active = cells.find(({ row, column }) => row === selected.row && column === selected.column)
  const text = active
    ? `${active.site} at epoch ${active.epoch.toFixed(2)}: SI ${active.selectivity.toFixed(2)}, floor ${active.floor.toFixed(2)}`
    : ''
  return (
    <div
      className="plot heat"
      ref={ref}
      style={{ height }}
      role="application"
      aria-label={`Sites and probes; arrow keys move. ${text}`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the cells are moved through by keyboard
      tabIndex={0}
      onKeyDown={(event) => {
        const next = moved(event, run, selected.row, selected.column)
        if (!next) return
        event.preventDefault()
        select(next.row, next.column)
      }}
    >
      {width > 0 && (
        <ComposedChart
          data={cells}
          width={width}
          height={height}
          margin={{ top: margins.top, right: margins.right, bottom: 18, left: 0 }}
          accessibilityLayer={false}
          title="Selectivity by site and probe"
        >
          <XAxis
            dataKey="column"
            type="number"
            domain={[-0.5, columns - 0.5]}
            height={margins.bottom - 18}
            ticks={tickColumns(columns)}
            tickFormatter={(column: number) =>
              (run.probes[column]?.epoch ?? 0).toFixed(run.probes[column]?.epoch % 1 === 0 ? 0 : 1)
            }
            tick={{ fill: 'var(--ink-2)', fontSize: 12 }}
            tickLine={{ stroke: 'var(--line-2)' }}
            axisLine={{ stroke: 'var(--line-2)' }}
            label={{
              value: 'epoch of the probe (columns of equal width)',
              position: 'insideBottomRight',
              offset: -14,
              fill: 'var(--ink-2)',
              fontSize: 12,
            }}
          />
          <YAxis
            dataKey="row"
            type="number"
            domain={[-0.5, sites.length - 0.5]}
            reversed
            width={left}
            ticks={sites.map((_, i) => i)}
            interval={0}
            tickFormatter={(row: number) => sites[row] ?? ''}
            tick={{ fill: 'var(--ink-2)', fontSize: 11 }}
            tickLine={false}
            axisLine={false}
          />
          <Scatter
            isAnimationActive={false}
            dataKey="row"
            shape={(point: { cx?: number; cy?: number; payload?: Cell }) => (
              <HeatCell {...point} width={cellWidth} highest={highest} selected={selected} onSelect={select} />
            )}
          />
        </ComposedChart>
      )}
      {width > 0 && <Scale highest={highest} />}
    </div>
  )
}

/** At most eight labelled columns, the first and the last among them. */
function tickColumns(columns: number): number[] {
  const every = Math.max(1, Math.ceil((columns - 1) / 7))
  const ticks = Array.from({ length: Math.ceil(columns / every) }, (_, i) => i * every)
  return ticks.at(-1) === columns - 1
    ? ticks
    : [...ticks.filter((tick) => columns - 1 - tick >= every / 2), columns - 1]
}

interface HeatCellProps {
  readonly cx?: number
  readonly cy?: number
  readonly payload?: Cell
  readonly width: number
  readonly highest: number
  readonly selected: { readonly row: number; readonly column: number }
  readonly onSelect: (row: number, column: number) => void
}

function HeatCell({ cx = 0, cy = 0, payload, width, highest, selected, onSelect }: HeatCellProps) {
  if (!payload) return null
  const { row, column, site, epoch, selectivity, floor } = payload
  const chosen = row === selected.row && column === selected.column
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keyboard moves through the cells as a whole
    <rect
      x={cx - width / 2}
      y={cy - rowHeight / 2}
      width={Math.max(1, width - 0.5)}
      height={rowHeight - 1}
      fill={shade(selectivity, highest)}
      stroke={chosen ? 'var(--ink)' : 'none'}
      strokeWidth={chosen ? 2 : 0}
      onClick={() => onSelect(row, column)}
    >
      <title>{`${site}, epoch ${epoch.toFixed(2)}: SI ${selectivity.toFixed(3)}, floor ${floor.toFixed(3)}`}</title>
    </rect>
  )
}

/** The color scale, drawn so that it is exported with the chart. */
function Scale({ highest }: { readonly highest: number }) {
  const steps = 24
  return (
    <svg
      data-plot="scale"
      className="heat-scale"
      width="220"
      height="30"
      role="img"
      aria-label={`Color scale from 0 to ${highest.toFixed(2)}`}
    >
      <text x="0" y="11" fontSize="12" fill="var(--ink-2)">
        mean SI of the site
      </text>
      {Array.from({ length: steps }, (_, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the steps of the scale are their indices
        <rect key={i} x={112 + i * 4} y="2" width="4.5" height="10" fill={shade(i / (steps - 1), 1)} />
      ))}
      <text x="112" y="26" fontSize="11" fill="var(--ink-2)">
        0
      </text>
      <text x="208" y="26" fontSize="11" fill="var(--ink-2)" textAnchor="end">
        {highest.toFixed(2)}
      </text>
    </svg>
  )
}
