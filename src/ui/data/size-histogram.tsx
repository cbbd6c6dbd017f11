/** A histogram of image sizes, with a mark at the size that a run stores. */
import { scaleLog } from 'd3-scale'
import type { SizeBin } from '../../protocol/data-report.ts'
import { plural } from '../format.ts'
import { SmallPlot } from './small-plot.tsx'

const label = ({ from, to, images }: SizeBin) => `${from} to ${to} px: ${plural(images, 'image')}`

interface Props {
  readonly histogram: readonly SizeBin[]
  /** Largest shorter side that a run stores, in pixels. */
  readonly side: number
}

export function SizeHistogram({ histogram, side }: Props) {
  const [from, to] = [histogram[0].from, histogram[histogram.length - 1].to]
  const x = scaleLog().domain([from, to]).range([0, 100])
  const most = Math.max(...histogram.map(({ images }) => images))
  const mark = side > from && side < to ? { at: x(side), text: `stored: ${side}` } : null
  const ends = [from, to].map((at) => ({ at: x(at), text: String(at) }))
  const apart = ends.filter(({ at }) => !mark || Math.abs(at - mark.at) > 30)
  return (
    <SmallPlot
      title="Shorter side, px"
      label={`Images by shorter side: ${histogram.map(label).join('; ')}`}
      ticks={mark ? [...apart, mark] : apart}
    >
      {histogram.map((bin) => (
        <rect
          key={bin.from}
          className="small-plot-bar"
          x={x(bin.from)}
          width={Math.max(0.5, x(bin.to) - x(bin.from) - 0.8)}
          y={100 - (100 * bin.images) / most}
          height={(100 * bin.images) / most}
        >
          <title>{label(bin)}</title>
        </rect>
      ))}
      {mark && <line className="small-plot-mark" x1={mark.at} x2={mark.at} y1={0} y2={100} />}
    </SmallPlot>
  )
}
