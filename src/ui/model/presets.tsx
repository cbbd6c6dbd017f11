import { Label, Radio, RadioGroup } from 'react-aria-components'
import { presets } from '../../config/presets.ts'
import { lab, useLab } from '../../store/lab.ts'
import { isActive } from '../../store/status.ts'
import { activePreset } from './active-preset.ts'

/** The presets as cards. No card is selected after a field has changed. */
export function Presets() {
  const config = useLab((state) => state.config)
  const locked = useLab(({ run }) => isActive(run.status))
  return (
    <RadioGroup className="presets" value={activePreset(config) ?? ''} onChange={lab.applyPreset} isDisabled={locked}>
      <Label className="presets-label">Preset</Label>
      {presets.map(({ id, name, description }) => (
        <Radio key={id} value={id} className="preset">
          <span className="preset-name">{name}</span>
          <span className="preset-text">{description}</span>
        </Radio>
      ))}
    </RadioGroup>
  )
}
