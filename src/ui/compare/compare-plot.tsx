/** The drawing of the comparison: bands below, members faint, means above with their names at the end. */
import { extent } from 'd3-array'
import { scaleLinear } from 'd3-scale'
import { type PointerEvent, useState } from 'react'
import { Area, CartesianGrid, ComposedChart, Line, ReferenceDot, XAxis, YAxis } from 'recharts'
import type { GroupSeries } from '../../experiments/compare.ts'
import { endLabels, type LineEnd, lineEnd } from '../charts/end-labels.ts'
import { useWidth } from '../charts/use-width.ts'
import { valuesWithin } from '../charts/y-axis.ts'
import { type CompareRow, factorOf } from './compare-model.ts'
import { amount, rangeText } from './numbers.ts'
import { runStyle } from './run-style.ts'

const height = 320
const margins = { left: 52, right: 112, top: 10, bottom: 40 } as const
const common = { type: 'linear', isAnimationActive: false, activeDot: false, connectNulls: true } as const
const tick = { fill: 'var(--ink-2)', fontSize: 12 }
const mostMarkers = 40

interface Props {
  readonly series: readonly GroupSeries[]
  readonly rows: readonly CompareRow[]
  readonly hidden: ReadonlySet<string>
}

export function ComparePlot(props: Props) {
  const [width, ref] = useWidth()
  return (
    <div className="plot" ref={ref} style={{ height }}>
      {width > 0 && <Drawing {...props} width={width} />}
      {width > 0 && <Readout {...props} width={width} />}
    </div>
  )
}

const shown = ({ series, hidden }: Props) =>
  series.map((one, index) => ({ one, index })).filter(({ one }) => !hidden.has(one.group.name))

const domainOf = (rows: readonly CompareRow[]): [number, number] => [0, Math.max(rows.at(-1)?.x ?? 1, 1e-6)]

/** A little more than what is drawn: bands that reach just below 0 do not cost a third of the height. */
function snugAxis(values: readonly number[]) {
  const [low = 0, high = 1] = extent(values.filter(Number.isFinite))
  const room = 0.04 * (high - low || 1)
  const domain = [low - room, high + room] as const
  return { domain, ticks: scaleLinear(domain, [0, 1]).ticks(5) }
}

function Drawing(props: Props & { readonly width: number }) {
  const { series, rows, hidden, width } = props
  const [first] = series
  const domain = domainOf(rows)
  const members = !hidden.has('members')
  const keys = shown(props).flatMap(({ one, index }) => [
    `${index}`,
    `${index}.band`,
    ...(members ? one.members.map((_, i) => `${index}.m${i}`) : []),
  ])
  const y = snugAxis(valuesWithin(rows, keys, domain))
  const pixels = (height - margins.top - margins.bottom) / (y.domain[1] - y.domain[0])
  return (
    <ComposedChart
      data={rows as object[]}
      width={width}
      height={height}
      margin={{ top: margins.top, right: margins.right, bottom: 18, left: 0 }}
      accessibilityLayer={false}
      title={first?.metric.label}
    >
      <CartesianGrid vertical={false} stroke="var(--grid)" />
      <XAxis
        dataKey="x"
        type="number"
        domain={domain}
        height={margins.bottom - 18}
        tick={tick}
        tickLine={{ stroke: 'var(--line-2)' }}
        axisLine={{ stroke: 'var(--line-2)' }}
        ticks={scaleLinear()
          .domain(domain)
          .ticks(Math.max(2, Math.min(8, Math.round((width - 172) / 60))))}
        label={{ value: 'epoch', position: 'insideBottomRight', offset: -14, ...tick }}
      />
      <YAxis
        type="number"
        domain={[...y.domain]}
        ticks={[...y.ticks]}
        interval={0}
        width={margins.left}
        tick={tick}
        tickLine={false}
        axisLine={false}
        tickFormatter={(value: number) => String(Number(value.toPrecision(3))).replace('-', '−')}
        label={{
          value: yLabel(first),
          angle: -90,
          position: 'insideLeft',
          offset: 10,
          style: { textAnchor: 'middle' },
          ...tick,
        }}
      />
      {!hidden.has('band') && shown(props).map(({ index }) => band(index))}
      {members && shown(props).flatMap(({ one, index }) => one.members.map((_, i) => member(index, i)))}
      {shown(props).map(({ index }) => mean(index, rows.length <= mostMarkers))}
      {endLabels(endsOf(props, domain), pixels).map((end) => endName(end, series))}
    </ComposedChart>
  )
}

function yLabel(series: GroupSeries | undefined): string {
  if (!series) return ''
  const { id, unit } = series.metric
  const name = id.split('/')[0]
  const short: Readonly<Record<string, string>> = {
    aboveFloor: 'SI − floor',
    selectivity: 'selectivity (SI)',
    floor: 'chance floor (SI)',
    extraHarm: 'extra harm',
  }
  return `${short[name] ?? name.replace(/([A-Z])/g, ' $1').toLowerCase()}${unit === 'share' ? ' (%)' : unit && ` (${unit})`}`
}

const paint = (index: number) => `var(${runStyle(index).color})`

const band = (index: number) => (
  <Area
    {...common}
    key={`${index} band`}
    dataKey={`${index}.band`}
    stroke="none"
    fill={paint(index)}
    fillOpacity={0.14}
  />
)

const member = (index: number, i: number) => (
  <Line
    {...common}
    key={`${index} member ${i}`}
    dataKey={`${index}.m${i}`}
    stroke={paint(index)}
    strokeWidth={1}
    strokeOpacity={0.3}
    dot={false}
  />
)

const mean = (index: number, markers: boolean) => (
  <Line
    {...common}
    key={`${index} mean`}
    dataKey={`${index}`}
    stroke={paint(index)}
    strokeWidth={2}
    strokeDasharray={runStyle(index).dash}
    dot={markers ? { r: 2.5, strokeWidth: 0, fill: paint(index), strokeDasharray: '' } : false}
  />
)

function endsOf(props: Props, domain: readonly [number, number]): LineEnd[] {
  return shown(props).flatMap(({ index }) => {
    const points = props.rows.flatMap((row): [number, number][] => {
      const value = row[`${index}`]
      return typeof value === 'number' ? [[row.x, value]] : []
    })
    return lineEnd(`${index}`, points, domain) ?? []
  })
}

const longest = 16
const short = (name: string) => (name.length > longest ? `${name.slice(0, longest - 1)}…` : name)

const endName = ({ name, x, y, shift }: LineEnd & { readonly shift: number }, series: readonly GroupSeries[]) => (
  <ReferenceDot
    key={`${name} name`}
    x={x}
    y={y}
    r={0}
    ifOverflow="visible"
    label={{
      value: short(series[Number(name)].group.name),
      position: 'right',
      dy: shift,
      fill: paint(Number(name)),
      fontSize: 12,
      fontWeight: 600,
    }}
  />
)

/** The numbers at the moment nearest to the pointer. */
function Readout(props: Props & { readonly width: number }) {
  const { rows, width } = props
  const [epoch, setEpoch] = useState<number | null>(null)
  const [from, to] = domainOf(rows)
  const inner = width - margins.left - margins.right
  const move = (event: PointerEvent<HTMLDivElement>) => {
    const share = (event.clientX - event.currentTarget.getBoundingClientRect().left - margins.left) / inner
    const at = from + share * (to - from)
    const near = rows.reduce((a, b) => (Math.abs(b.x - at) < Math.abs(a.x - at) ? b : a), rows[0])
    setEpoch(near?.x ?? null)
  }
  const share = epoch === null ? 0 : (epoch - from) / (to - from)
  const left = margins.left + share * inner
  return (
    <div className="plot-overlay" onPointerMove={move} onPointerLeave={() => setEpoch(null)}>
      {epoch !== null && (
        <>
          <div
            className="plot-cursor"
            style={{ left, top: margins.top, height: height - margins.top - margins.bottom }}
          />
          <Tip {...props} epoch={epoch} toLeft={share > 0.6} left={left} />
        </>
      )}
    </div>
  )
}

function Tip(props: Props & { readonly epoch: number; readonly left: number; readonly toLeft: boolean }) {
  const { rows, epoch, left, toLeft } = props
  const row = rows.find(({ x }) => x === epoch)
  return (
    <dl className={`plot-tip${toLeft ? ' to-left' : ''}`} style={{ left }}>
      <dt>epoch {Number(epoch.toFixed(2))}</dt>
      <dd />
      {shown(props).map(({ one, index }) => {
        const value = row?.[`${index}`]
        if (typeof value !== 'number') return null
        return (
          <TipLine
            key={index}
            index={index}
            name={one.group.name}
            value={tipText(one, value, row?.[`${index}.band`])}
          />
        )
      })}
    </dl>
  )
}

function tipText({ metric }: GroupSeries, value: number, range: CompareRow[string] | undefined): string {
  const factor = factorOf(metric)
  const own = amount(value / factor, metric.unit)
  if (typeof range !== 'object') return own
  return `${own} (${rangeText({ lower: range[0] / factor, upper: range[1] / factor }, metric.unit)})`
}

const TipLine = ({ index, name, value }: { index: number; name: string; value: string }) => (
  <>
    <dt>
      <span className="tip-dot" style={{ background: paint(index) }} />
      {name}
    </dt>
    <dd>{value}</dd>
  </>
)
