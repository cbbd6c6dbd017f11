import { Label, Radio, RadioGroup } from 'react-aria-components'
import { adapterName } from '../../adapter-name.ts'
import { chooseClasses, listedClasses } from '../../config/choose-classes.ts'
import { type Preset, presetOf, presets } from '../../config/presets.ts'
import { lab, useLab } from '../../store/lab.ts'
import { series } from '../../store/series.ts'
import type { DeviceState } from '../../store/state.ts'
import { isActive, loadedData } from '../../store/status.ts'
import { expectedSeconds, imagesOf, roughly, type Speed, speedOfRun, statedSpeed } from './preset-time.ts'

/** The speed of the newest run of this page on this device, else a stated one; null before the device is known. */
function speedHere(device: DeviceState): Speed | null {
  if (device.status !== 'ready') return null
  const start = series.current()?.start
  const images = series.pace().imagesPerSecond()
  const isHere = start && adapterName(start.environment.adapter) === device.adapter.name
  return start && isHere && images !== null
    ? speedOfRun(start.config, start.classes.length, images)
    : statedSpeed(device.adapter)
}

/** The presets as cards. No card is selected after a field has changed. */
export function Presets() {
  const config = useLab((state) => state.config)
  const locked = useLab(({ run }) => isActive(run.status))
  const device = useLab((state) => state.device)
  const speed = speedHere(device)
  return (
    <>
      <RadioGroup className="presets" value={presetOf(config)?.id ?? ''} onChange={lab.applyPreset} isDisabled={locked}>
        <Label className="presets-label">Preset</Label>
        {presets.map((preset) => (
          <Radio key={preset.id} value={preset.id} className="preset">
            <span className="preset-name">{preset.name}</span>
            <span className="preset-text">
              {preset.description} <Time preset={preset} speed={speed} />
              <ChosenClasses preset={preset} />
            </span>
          </Radio>
        ))}
      </RadioGroup>
      {speed && <p className="quiet preset-basis">Times are estimates: {speed.basis}</p>}
    </>
  )
}

function Time({ preset, speed }: { readonly preset: Preset; readonly speed: Speed | null }) {
  const report = useLab(({ data }) => loadedData(data)?.report)
  const images = imagesOf(preset, report)
  if (!speed) return null
  if (!images) return <b className="preset-time">The time depends on your images.</b>
  return <b className="preset-time">About {roughly(expectedSeconds(preset, images, speed))} here.</b>
}

/** Says in the selected card which classes the preset took from the dataset, until the user chooses others. */
function ChosenClasses({ preset: { id, wants } }: { readonly preset: Preset }) {
  const config = useLab((state) => state.config)
  const report = useLab(({ data }) => loadedData(data)?.report)
  if (!wants || !report || presetOf(config)?.id !== id) return null
  const classes = listedClasses(report)
  const { ids, text } = chooseClasses(classes, wants)
  const isChosen = (ids ?? []).join('\n') === (config.data.classes ?? []).join('\n')
  if (!isChosen) return null
  return <span className={classes.length < wants.classes ? 'preset-classes few' : 'preset-classes'}>{text}</span>
}
