/** Profiles of units for the inspector. All units of the newest checkpoint are cached, so that the next unit is quick. */
import type { OpenedRun } from '../analysis/open-run.ts'
import { type ProfiledUnits, profileUnits, unitProfile } from '../analysis/profile.ts'
import type { ProfileMeasurement, UnitProfile } from '../protocol/measurement.ts'

export type ProfileOf = (
  /** Called if the checkpoint's units are not cached. */
  open: () => Promise<OpenedRun>,
  runId: string,
  request: ProfileMeasurement,
  signal: AbortSignal,
) => Promise<UnitProfile>

const keyOf = (runId: string, { checkpoints: [{ file }], top }: ProfileMeasurement) => [runId, file, top].join(' ')

async function measured(open: () => Promise<OpenedRun>, { checkpoints: [checkpoint], top }: ProfileMeasurement) {
  await using run = await open()
  return await profileUnits(run, checkpoint, top)
}

/** A function that profiles one unit after another. */
export function createProfiles(): ProfileOf {
  let cached: { readonly key: string; readonly units: ProfiledUnits } | null = null
  return async (open, runId, request, signal) => {
    const key = keyOf(runId, request)
    if (cached?.key !== key) cached = { key, units: await measured(open, request) }
    return unitProfile(cached.units, request.site, request.unit, signal)
  }
}
