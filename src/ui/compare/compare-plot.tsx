/** The drawing of the comparison: bands below, members faint, means above with their names at the end. */
import { extent } from 'd3-array'
import { scaleLinear } from 'd3-scale'
import { useState } from 'react'
import { Line } from 'recharts'
import type { GroupSeries } from '../../experiments/compare.ts'
import { experiments } from '../../store/experiments/page.ts'
import { endLabels, lineEnd, pointsOf } from '../plot/end-labels.ts'
import { margins, PlotFrame } from '../plot/plot-frame.tsx'
import { bandMark, endMark, common as plain } from '../plot/plot-marks.tsx'
import { PlotOverlay } from '../plot/plot-overlay.tsx'
import { useWidth } from '../plot/use-width.ts'
import { valuesWithin, type YAxisModel } from '../plot/y-axis.ts'
import { domainOf, height, type PlotProps, paint, right, shown } from './compare-geometry.ts'
import { nearestEpoch, readoutOf } from './compare-readout.ts'
import { runStyle } from './run-style.ts'

const common = { ...plain, connectNulls: true } as const
const mostMarkers = 40
const epochText = (epoch: number) => String(Number(epoch.toFixed(2)))

export function ComparePlot(props: PlotProps) {
  const [width, ref] = useWidth()
  return (
    <div className="plot" ref={ref} style={{ height }}>
      {width > 0 && <Drawing {...props} width={width} />}
      {width > 0 && <Overlay {...props} width={width} />}
    </div>
  )
}

/** The numbers at the moment nearest to the pointer. */
function Overlay(props: PlotProps & { readonly width: number }) {
  const { rows, width } = props
  const [epoch, setEpoch] = useState<number | null>(null)
  const domain = domainOf(props)
  const inside = rows.filter(({ x }) => x >= domain[0] && x <= domain[1])
  return (
    <PlotOverlay
      width={width}
      height={height}
      right={right}
      xDomain={domain}
      cursor={epoch}
      title={epoch === null ? '' : `epoch ${epochText(epoch)}`}
      lines={epoch === null ? [] : readoutOf(props, epoch)}
      onCursor={(x) => setEpoch(x === null ? null : nearestEpoch(inside, x))}
      onZoom={(range) => experiments.compareBy({ range })}
    />
  )
}

/** A little more than what is drawn: bands that reach just below 0 do not cost a third of the height. */
function snugAxis(values: readonly number[]): YAxisModel {
  const [low = 0, high = 1] = extent(values.filter(Number.isFinite))
  const room = 0.04 * (high - low || 1)
  const domain = [low - room, high + room] as const
  return { scale: 'linear', domain, ticks: scaleLinear(domain, [0, 1]).ticks(5) }
}

function Drawing(props: PlotProps & { readonly width: number }) {
  const { series, rows, hidden, width } = props
  const [first] = series
  const domain = domainOf(props)
  const members = !hidden.has('members')
  const drawn = shown(props)
  const keys = drawn.flatMap(({ one, index }) => [
    `${index}`,
    `${index}.band`,
    ...(members ? one.members.map((_, i) => `${index}.m${i}`) : []),
  ])
  const y = snugAxis(valuesWithin(rows, keys, domain))
  const pixels = (height - margins.top - margins.bottom) / (y.domain[1] - y.domain[0])
  const ends = drawn.flatMap(({ index }) => lineEnd(`${index}`, pointsOf(rows, `${index}`), domain) ?? [])
  return (
    <PlotFrame
      width={width}
      height={height}
      right={right}
      xDomain={domain}
      label={first?.metric.label ?? ''}
      rows={rows}
      xLabel="epoch"
      formatX={epochText}
      yLabel={yLabel(first)}
      yAxis={y}
      formatY={(value) => String(Number(value.toPrecision(3))).replace('-', '−')}
    >
      {!hidden.has('band') && drawn.map(({ index }) => bandMark(`${index}.band`, paint(index), 0.14))}
      {members && drawn.flatMap(({ one, index }) => one.members.map((_, i) => member(index, i)))}
      {drawn.map(({ index }) => mean(index, rows.length <= mostMarkers))}
      {endLabels(ends, pixels).map((end) =>
        endMark(end, short(series[Number(end.name)].group.name), paint(Number(end.name))),
      )}
    </PlotFrame>
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

const longest = 16
const short = (name: string) => (name.length > longest ? `${name.slice(0, longest - 1)}…` : name)
