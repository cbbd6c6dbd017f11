/** What a unit responds to, with the images that activate it most. */
import { sampleAt } from '../data/set/samples.ts'
import type { TopImage, Units } from '../measure/units.ts'
import type { ActivatingImage, CheckpointName, UnitProfile } from '../protocol/measurement.ts'
import { type OpenedRun, withNetwork } from './open-run.ts'
import { probedUnits } from './probed-units.ts'

/** All units of a checkpoint, so that the profiles of further units need no GPU. */
export interface ProfiledUnits {
  readonly run: Pick<OpenedRun, 'set' | 'reader'>
  readonly checkpoint: CheckpointName
  readonly units: Units
}

/** Measures all units of a checkpoint. top: the number of most activating images to store for each. Rejects with AbortError. */
export const profileUnits = async (
  run: OpenedRun,
  checkpoint: CheckpointName,
  top: number,
): Promise<ProfiledUnits> => ({
  run,
  checkpoint,
  units: await withNetwork(run, checkpoint, (network) => probedUnits(run, network, top)),
})

/** The images as thumbnails; an image that cannot be read is left out. Rejects with AbortError. */
async function activatingImages(
  { set, reader }: ProfiledUnits['run'],
  top: readonly TopImage[],
  signal: AbortSignal,
): Promise<ActivatingImage[]> {
  const found = await Promise.allSettled(
    top.map(async ({ image, activation }) => ({
      sample: await sampleAt(set.validation, reader.probeIndices[image], signal),
      activation,
    })),
  )
  signal.throwIfAborted()
  return found.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
}

/** One unit's profile. Rejects with RangeError for an unknown site or unit, or with AbortError. */
export async function unitProfile(
  { run, checkpoint, units }: ProfiledUnits,
  site: string,
  unit: number,
  signal: AbortSignal,
): Promise<UnitProfile> {
  const { top, mean: _, ...profile } = units.profile(site, unit)
  return { ...profile, checkpoint: checkpoint.file, top: await activatingImages(run, top, signal) }
}
