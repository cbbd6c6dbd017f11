import type { RunConfig } from '../../config/config.ts'
import { presets } from '../../config/presets.ts'

/** Everything but what names or repeats a run and which data it uses. */
const recipe = ({ name: _name, seed: _seed, data, ...rest }: RunConfig): string =>
  JSON.stringify({ ...rest, data: { ...data, source: '', classes: null } })

/** The preset whose recipe a configuration has, or null. */
export const activePreset = (config: RunConfig): string | null =>
  presets.find((preset) => recipe(preset.config) === recipe(config))?.id ?? null
