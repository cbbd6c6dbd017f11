/** The drawing of the comparison: bands below, members faint, means above with their names at the end. */
import { useState } from 'react'
import type { GroupSeries } from '../../experiments/compare.ts'
import { experiments } from '../../store/experiments/page.ts'
import { bandMark, EndNames, lineMark } from '../plot/marks.tsx'
import { type OverlayShape, Plot } from '../plot/plot.tsx'
import { PlotOverlay } from '../plot/plot-overlay.tsx'
import { threeDigits } from '../plot/tick-text.ts'
import { type PlotRow, valuesWithin } from '../plot/y-axis.ts'
import { domainOf, height, nameRoom, type PlotProps, paint, shortName, shown, snugAxis } from './compare-geometry.ts'
import { nearestEpoch, readoutOf } from './compare-readout.ts'
import { runStyle } from './run-style.ts'

/** Lines with more points have no dots. */
const mostDots = 40
const epochText = (epoch: number) => String(Number(epoch.toFixed(2)))

export function ComparePlot(props: PlotProps) {
  const { series, rows, hidden } = props
  const [first] = series
  const xDomain = domainOf(props)
  const members = !hidden.has('members')
  const drawn = shown(props)
  const yAxis = snugAxis(valuesWithin(rows, keysOf(drawn, members), xDomain), first?.metric.unit === 'share')
  return (
    <Plot
      height={height}
      right={nameRoom(series)}
      xDomain={xDomain}
      label={first?.metric.label ?? ''}
      xLabel="epoch"
      formatX={epochText}
      yLabel={yLabel(first)}
      yAxis={yAxis}
      formatY={threeDigits}
      overlay={(shape) => <Overlay {...props} shape={shape} />}
    >
      {!hidden.has('band') && drawn.map(({ index }) => bandMark(rows, `${index}.band`, paint(index), 0.14))}
      {members && drawn.flatMap(({ one, index }) => one.members.map((_, i) => member(rows, index, i)))}
      {drawn.map(({ index }) => mean(rows, index))}
      <EndNames
        rows={rows}
        keys={drawn.map(({ index }) => `${index}`)}
        xDomain={xDomain}
        textOf={(key) => shortName(series[Number(key)].group.name)}
        colorOf={(key) => paint(Number(key))}
      />
    </Plot>
  )
}

/** The rows' keys of all drawn values. */
const keysOf = (drawn: ReturnType<typeof shown>, members: boolean) =>
  drawn.flatMap(({ one, index }) => [
    `${index}`,
    `${index}.band`,
    ...(members ? one.members.map((_, i) => `${index}.m${i}`) : []),
  ])

/** Shows the numbers at the moment nearest to the pointer, else at the last. */
function Overlay({ shape, ...props }: PlotProps & { readonly shape: OverlayShape }) {
  const [epoch, setEpoch] = useState<number | null>(null)
  const [from, to] = shape.xDomain
  const inside = props.rows.filter(({ x }) => x >= from && x <= to)
  const at = epoch ?? inside.at(-1)?.x ?? to
  return (
    <PlotOverlay
      {...shape}
      cursor={epoch}
      title={`epoch ${epochText(at)}`}
      lines={readoutOf(props, at)}
      onCursor={(x) => setEpoch(x === null ? null : nearestEpoch(inside, x))}
      onZoom={(range) => experiments.compareBy({ range })}
    />
  )
}

const shortNames: Readonly<Record<string, string>> = {
  aboveFloor: 'SI − chance floor, mean over units',
  selectivity: 'class selectivity index SI, mean over units',
  floor: 'chance floor of SI, mean over units',
  extraHarm: 'extra harm',
  top1: 'top-1',
  top5: 'top-5',
}

function yLabel(series: GroupSeries | undefined): string {
  if (!series) return ''
  const { id, unit } = series.metric
  const [name] = id.split('/')
  const text = shortNames[name] ?? name.replace(/([A-Z])/g, ' $1').toLowerCase()
  return `${text}${unit === 'share' ? ' (%)' : unit && ` (${unit})`}`
}

const member = (rows: readonly PlotRow[], index: number, i: number) =>
  lineMark(rows, { key: `${index}.m${i}`, stroke: paint(index), strokeWidth: 1, strokeOpacity: 0.3 })

const mean = (rows: readonly PlotRow[], index: number) =>
  lineMark(rows, {
    key: `${index}`,
    stroke: paint(index),
    strokeWidth: 2,
    strokeDasharray: runStyle(index).dash,
    dot: rows.length <= mostDots ? 2.5 : undefined,
  })
