/** Legend entries that show or hide their series. */
import { ToggleButton } from 'react-aria-components'
import type { LegendItem } from './legend-item.ts'

function Swatch({ color, dash, shape, opacity }: Pick<LegendItem, 'color' | 'dash' | 'shape' | 'opacity'>) {
  const paint = `var(${color})`
  return (
    <svg className="swatch" width="24" height="12" opacity={opacity} aria-hidden="true">
      {shape === 'band' && <rect x="0" y="1" width="24" height="10" fill={paint} fillOpacity="0.25" />}
      {shape === 'dot' && <circle cx="12" cy="6" r="3.5" fill={paint} />}
      {shape === 'line' && <line x1="0" y1="6" x2="24" y2="6" stroke={paint} strokeWidth="2" strokeDasharray={dash} />}
    </svg>
  )
}

interface LegendProps {
  readonly items: readonly LegendItem[]
  readonly hidden: ReadonlySet<string>
  readonly onToggle: (key: string) => void
}

export function Legend({ items, hidden, onToggle }: LegendProps) {
  if (items.length === 0) return null
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset has its own legend and layout
    <div className="legend" role="group" aria-label="Legend">
      {items.map((item) => (
        <ToggleButton
          key={item.key}
          className="legend-item"
          isSelected={!hidden.has(item.key)}
          onChange={() => onToggle(item.key)}
        >
          <Swatch color={item.color} dash={item.dash} shape={item.shape} opacity={item.opacity} />
          {item.label}
        </ToggleButton>
      ))}
    </div>
  )
}
