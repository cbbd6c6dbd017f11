/** Single-unit ablation of a checkpoint: rows of ablation-units.csv. */
import { replacementOf, sampleUnits, sitesIn, type UnitSet } from '../measure/ablation.ts'
import { unitEffects } from '../measure/unit-effects.ts'
import type { Units } from '../measure/units.ts'
import type { CheckpointName, EffectsMeasurement } from '../protocol/measurement.ts'
import { type OpenedRun, openNetwork } from './open-run.ts'
import { probedUnits } from './probed-units.ts'
import { type Measuring, measuredOn, type ProgressOptions } from './rows.ts'

export type EffectsRequest = Pick<EffectsMeasurement, 'mode' | 'units'>

export interface EffectsOptions extends ProgressOptions {
  /** Whether a unit was measured earlier; such units are left out. */
  readonly known?: (site: string, unit: number) => boolean
}

type Sample = Extract<EffectsRequest['units'], { readonly sample: number | null }>

const isSample = (units: EffectsRequest['units']): units is Sample => 'sample' in units

/** The units of a request, known or not. A sample is stratified by selectivity and seeded. */
function requestedUnits({ sites, config }: OpenedRun, { units }: EffectsRequest, { selectivity }: Units): UnitSet {
  if (!isSample(units)) return new Map(Object.entries(units))
  const count = units.sample ?? Number.MAX_SAFE_INTEGER
  return new Map(
    units.modules.flatMap((module) => [
      ...sampleUnits(sitesIn(sites, module), selectivity, { count, seed: config.seed }),
    ]),
  )
}

/** Ablates a checkpoint's units one at a time. Returns all units of the request, the known ones included. Throws AbortError. */
export async function* measureEffects(
  run: OpenedRun,
  checkpoint: CheckpointName,
  request: EffectsRequest,
  { known = () => false, onProgress }: EffectsOptions = {},
): Measuring<UnitSet> {
  await using opened = await openNetwork(run, checkpoint)
  const probed = await probedUnits(run, opened.network)
  const requested = requestedUnits(run, request, probed)
  const units = new Map(
    [...requested].map(([site, all]) => [site, Array.from(all).filter((unit) => !known(site, unit))] as const),
  )
  const effects = { ...replacementOf(request.mode, probed), ...probed, units }
  const options = { signal: run.signal, onProgress }
  for await (const effect of unitEffects(opened.network, run.heldOut, effects, options)) {
    yield { table: 'units', cells: { ...measuredOn(run, checkpoint), mode: request.mode, ...effect } }
  }
  return requested
}
