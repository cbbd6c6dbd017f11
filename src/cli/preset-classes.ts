/** The classes that a preset takes from a dataset on disk. */
import { chooseClasses, listedClasses } from '../config/choose-classes.ts'
import { parseConfig, type RunConfigInput } from '../config/config.ts'
import type { Preset } from '../config/presets.ts'
import { type OpenImages, splitOf } from './host.ts'
import { say } from './terminal.ts'

/**
 * The configuration with the classes that its preset takes from the dataset, which is listed for that, and says which. Chosen
 * classes stay. Rejects like `open`.
 */
export async function withPresetClasses<C extends RunConfigInput>(
  input: C,
  preset: Preset | undefined,
  open: OpenImages,
  signal: AbortSignal,
): Promise<C> {
  const config = parseConfig(input)
  if (!preset?.wants || config.data.classes !== null) return input
  await using images = await open(config.data.source, splitOf(config), { signal, cache: false })
  const { ids, text } = chooseClasses(listedClasses(images.set.report), preset.wants)
  say(text)
  return { ...input, data: { ...input.data, classes: ids && [...ids] } }
}
