/** The color scale, as a separate drawing that is exported with the chart. */
import { memo } from 'react'
import { heatShare } from '../../plot/heat-share.ts'

const steps = 24
const start = 128

interface ScaleProps {
  readonly highest: number
  readonly difference: boolean
  /** True on a narrow page: places the scale below the axis, not beside its label. */
  readonly below: boolean
}

export const HeatScale = memo(({ highest, difference, below }: ScaleProps) => {
  const unit = difference ? 'mean SI − floor' : 'mean SI of the site'
  return (
    <svg
      data-plot="scale"
      className={`heat-scale${below ? ' below' : ''}`}
      width="240"
      height="30"
      role="img"
      aria-label={`Color scale of the ${unit}, from 0 to ${highest.toFixed(2)}`}
    >
      <g fontSize="12" fill="var(--ink-2)">
        <text x="0" y="11">
          {unit}
        </text>
        <text x={start} y="26">
          {difference ? '≤ 0' : '0'}
        </text>
        <text x={start + steps * 4} y="26" textAnchor="end">
          {highest.toFixed(2)}
        </text>
      </g>
      <g fill="var(--heat-high)">
        {Array.from({ length: steps }, (_, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the steps of the scale are their indices
          <rect key={i} x={start + i * 4} y="2" width="4" height="10" fillOpacity={heatShare(i / (steps - 1), 1)} />
        ))}
      </g>
    </svg>
  )
})
