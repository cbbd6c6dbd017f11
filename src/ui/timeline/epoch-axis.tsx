/** The labels of epochs below a track that fills its box. The last one has the unit. */
import { ticks } from 'd3-array'
import { memo } from 'react'

interface Props {
  readonly epochs: number
  readonly width: number
  /** Free pixels on both sides of the track. */
  readonly pad?: number
}

export const EpochAxis = memo(function EpochAxis({ epochs, width, pad = 0 }: Props) {
  const labels = ticks(0, epochs, Math.max(2, Math.min(10, Math.floor(width / 90))))
  return (
    <svg width={width} height="16" fontSize="11" fill="var(--ink-2)" aria-hidden="true">
      {labels.map((epoch) => (
        <text
          key={epoch}
          x={pad + (epoch / epochs) * (width - 2 * pad)}
          y="12"
          textAnchor={epoch === 0 ? 'start' : epoch === epochs ? 'end' : 'middle'}
        >
          {epoch === labels.at(-1) ? `epoch ${epoch}` : epoch}
        </text>
      ))}
    </svg>
  )
})
