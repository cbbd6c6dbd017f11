/** The drawing of the comparison: bands below, members faint, means above with their names at the end. */
import { extent } from 'd3-array'
import { scaleLinear } from 'd3-scale'
import { Area, CartesianGrid, ComposedChart, Line, ReferenceDot, XAxis, YAxis } from 'recharts'
import type { GroupSeries } from '../../experiments/compare.ts'
import { endLabels, type LineEnd, lineEnd } from '../charts/end-labels.ts'
import { useWidth } from '../charts/use-width.ts'
import { valuesWithin } from '../charts/y-axis.ts'
import { domainOf, height, margins, type PlotProps, paint, shown } from './compare-geometry.ts'
import { Readout } from './compare-readout.tsx'
import { runStyle } from './run-style.ts'

const common = { type: 'linear', isAnimationActive: false, activeDot: false, connectNulls: true } as const
const tick = { fill: 'var(--ink-2)', fontSize: 12 }
const mostMarkers = 40

export function ComparePlot(props: PlotProps) {
  const [width, ref] = useWidth()
  return (
    <div className="plot" ref={ref} style={{ height }}>
      {width > 0 && <Drawing {...props} width={width} />}
      {width > 0 && <Readout {...props} width={width} />}
    </div>
  )
}

/** A little more than what is drawn: bands that reach just below 0 do not cost a third of the height. */
function snugAxis(values: readonly number[]) {
  const [low = 0, high = 1] = extent(values.filter(Number.isFinite))
  const room = 0.04 * (high - low || 1)
  const domain = [low - room, high + room] as const
  return { domain, ticks: scaleLinear(domain, [0, 1]).ticks(5) }
}

function Drawing(props: PlotProps & { readonly width: number }) {
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

function endsOf(props: PlotProps, domain: readonly [number, number]): LineEnd[] {
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
