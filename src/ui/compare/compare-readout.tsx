/** What the comparison says under the pointer. */
import { type PointerEvent, useState } from 'react'
import type { GroupSeries } from '../../experiments/compare.ts'
import { domainOf, height, margins, type PlotProps, paint, shown } from './compare-geometry.ts'
import { type CompareRow, factorOf } from './compare-model.ts'
import { amount, rangeText } from './numbers.ts'

/** The numbers at the moment nearest to the pointer. */
export function Readout(props: PlotProps & { readonly width: number }) {
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

function Tip(props: PlotProps & { readonly epoch: number; readonly left: number; readonly toLeft: boolean }) {
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
