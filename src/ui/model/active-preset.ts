import type { RunConfig } from '../../config/config.ts'
import { presetOf } from '../../config/presets.ts'

/** The id of the preset with the same recipe as a configuration, or null. */
export const activePreset = (config: RunConfig): string | null => presetOf(config)?.id ?? null
