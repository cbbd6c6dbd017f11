/** Legend entries that show or hide their series. An entry is rendered again only when it has changed: a chart that grows redraws its legend. */
import { memo } from 'react'
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

interface EntryProps extends Omit<LegendItem, 'key'> {
  /** The key of the series. */
  readonly name: string
  readonly isShown: boolean
  readonly onToggle: (key: string) => void
}

const Entry = memo(({ name, label, isShown, onToggle, ...swatch }: EntryProps) => (
  <ToggleButton className="legend-item" isSelected={isShown} onChange={() => onToggle(name)}>
    <Swatch {...swatch} />
    {label}
  </ToggleButton>
))

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
      {items.map(({ key, ...item }) => (
        <Entry key={key} {...item} name={key} isShown={!hidden.has(key)} onToggle={onToggle} />
      ))}
    </div>
  )
}
