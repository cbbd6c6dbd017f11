/** The slider of α, on a symmetric-log scale. */
import { alphaText } from '../format.ts'
import { ariaKeys } from '../keys/shortcuts.ts'
import { alphaOfKey, fromSlider, toSlider } from './scale.ts'

interface Props {
  readonly alpha: number
  /** True while the switch is off: the slider keeps its value, and training does not apply it. */
  readonly dimmed: boolean
  readonly onChange: (alpha: number) => void
}

const ticks = [-100, -20, -5, -1, 0, 1, 5, 20, 100] as const

const meaning = (alpha: number) => {
  if (alpha === 0) return 'no effect'
  return alpha < 0 ? 'against selectivity' : 'for selectivity'
}

const percent = (alpha: number) => 50 + toSlider(alpha) / 2

/** The filled part of the track, from the middle to the thumb. */
const fill = (alpha: number) => ({
  left: `${Math.min(50, percent(alpha))}%`,
  width: `${Math.abs(percent(alpha) - 50)}%`,
})

// A plain range input, because its value is a position on the scale but assistive technology must announce α. The slider
// of react-aria-components cannot do that. Arrow keys move to round values of α.
export function StrengthSlider({ alpha, dimmed, onChange }: Props) {
  return (
    <div className={dimmed ? 'strength dimmed' : 'strength'}>
      <div className="strength-track" aria-hidden="true">
        <span className={alpha < 0 ? 'strength-fill against' : 'strength-fill for'} style={fill(alpha)} />
      </div>
      <input
        type="range"
        min={-100}
        max={100}
        step="any"
        value={toSlider(alpha)}
        aria-label="Regularizer strength α"
        aria-keyshortcuts={`${ariaKeys('less')} ${ariaKeys('more')}`}
        aria-valuetext={`α ${alphaText(alpha)}, ${meaning(alpha)}`}
        onChange={(event) => onChange(fromSlider(event.target.valueAsNumber))}
        onKeyDown={(event) => {
          const next = alphaOfKey(alpha, event.key)
          if (next === null) return
          event.preventDefault()
          onChange(next)
        }}
      />
      <div className="strength-ticks" aria-hidden="true">
        {ticks.map((tick) => (
          <span key={tick} style={{ left: `${percent(tick)}%` }}>
            {alphaText(tick)}
          </span>
        ))}
      </div>
      <div className="strength-ends" aria-hidden="true">
        <span>against selectivity</span>
        <span>for selectivity</span>
      </div>
    </div>
  )
}
