import type { RunConfig } from '../../config/config.ts'
import { presets } from '../../config/presets.ts'

/** The configuration without the run's name, its seed and its dataset. */
const recipe = ({ name: _name, seed: _seed, data, ...rest }: RunConfig): string =>
  JSON.stringify({ ...rest, data: { ...data, source: '', classes: null } })

/** The id of the preset with the same recipe as a configuration, or null. */
export const activePreset = (config: RunConfig): string | null =>
  presets.find((preset) => recipe(preset.config) === recipe(config))?.id ?? null
