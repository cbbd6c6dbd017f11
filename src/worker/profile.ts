/** What a unit responds to, with the images that activate it most. All units of one checkpoint are kept. */
import { sampleAt } from '../data/set/samples.ts'
import { measureUnits, type TopImage, type Units } from '../measure/units.ts'
import type { ActivatingImage, ProfileMeasurement, UnitProfile } from '../protocol/measurement.ts'
import { type OpenedRun, withNetwork } from './measured-run.ts'

interface KeptUnits {
  readonly key: string
  readonly run: OpenedRun
  readonly units: Units
}

const keyOf = (runId: string, { checkpoints: [{ file }], top }: ProfileMeasurement) => [runId, file, top].join(' ')

/** An image that cannot be read any more is left out. */
async function imagesOf(
  { set, reader }: OpenedRun,
  top: readonly TopImage[],
  signal: AbortSignal,
): Promise<ActivatingImage[]> {
  const { validation } = set
  const found = await Promise.allSettled(
    top.map(async ({ image, activation }) => ({
      sample: await sampleAt(validation, reader.probeIndices[image], signal),
      activation,
    })),
  )
  signal.throwIfAborted()
  return found.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
}

export function createProfiles() {
  let kept: KeptUnits | null = null

  async function unitsOf(open: () => Promise<OpenedRun>, runId: string, asked: ProfileMeasurement): Promise<KeptUnits> {
    const key = keyOf(runId, asked)
    if (kept?.key === key) return kept
    const run = await open()
    const { sites, reader, signal } = run
    const [{ file }] = asked.checkpoints
    const units = await withNetwork(run, file, (network) =>
      measureUnits(network, sites, reader.probe(), { top: asked.top, signal }),
    )
    kept = { key, run, units }
    return kept
  }

  /** `open` is called where the checkpoint's units are not at hand. */
  return async (
    open: () => Promise<OpenedRun>,
    runId: string,
    asked: ProfileMeasurement,
    signal: AbortSignal,
  ): Promise<UnitProfile> => {
    const { run, units } = await unitsOf(open, runId, asked)
    const { top, mean: _, ...profile } = units.profile(asked.site, asked.unit)
    return { ...profile, checkpoint: asked.checkpoints[0].file, top: await imagesOf(run, top, signal) }
  }
}
