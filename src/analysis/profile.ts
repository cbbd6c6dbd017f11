/** The response of a unit to classes and images, with the images that activate it most. */
import { sampleAt } from '../data/set/samples.ts'
import type { Split } from '../data/source.ts'
import type { TopImage, Units } from '../measure/units.ts'
import type { ActivatingImage, CheckpointName, UnitProfile } from '../protocol/measurement.ts'
import { type OpenedRun, withNetwork } from './open-run.ts'
import { probedUnits } from './probed-units.ts'

/** All units of a checkpoint, so that the profiles of further units need no GPU. */
export interface ProfiledUnits {
  readonly checkpoint: CheckpointName
  readonly units: Units
  readonly heldOut: Split
  /** Position in the validation split of each image of the probe set. */
  readonly probeIndices: Int32Array
}

/** Measures all units of a checkpoint. top: the number of most activating images to store for each. Rejects with AbortError. */
export const profileUnits = async (
  run: OpenedRun,
  checkpoint: CheckpointName,
  top: number,
): Promise<ProfiledUnits> => ({
  checkpoint,
  heldOut: run.set.validation,
  probeIndices: run.reader.probeIndices,
  units: await withNetwork(run, checkpoint, (network) => probedUnits(run, network, top)),
})

/** The images as thumbnails; an image that cannot be read is left out. Rejects with AbortError. */
async function activatingImages(
  { heldOut, probeIndices }: ProfiledUnits,
  top: readonly TopImage[],
  signal: AbortSignal,
): Promise<ActivatingImage[]> {
  const found = await Promise.allSettled(
    top.map(async ({ image, activation }) => ({
      sample: await sampleAt(heldOut, probeIndices[image], signal),
      activation,
    })),
  )
  signal.throwIfAborted()
  return found.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
}

/** One unit's profile. Rejects with RangeError for an unknown site or unit, or with AbortError. */
export async function unitProfile(
  profiled: ProfiledUnits,
  site: string,
  unit: number,
  signal: AbortSignal,
): Promise<UnitProfile> {
  const { top, mean: _, ...profile } = profiled.units.profile(site, unit)
  return { ...profile, checkpoint: profiled.checkpoint.file, top: await activatingImages(profiled, top, signal) }
}
