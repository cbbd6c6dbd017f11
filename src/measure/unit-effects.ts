/** Single-unit ablation: what the network loses without one unit, and how that goes with the unit's selectivity. */
import { group } from 'd3-array'
import { sitesOf } from '../model/resnet.ts'
import type { ImpactCorrelation, ImpactName, UnitImpact } from '../protocol/measurement.ts'
import { stream } from '../random.ts'
import { ablationOf, type PerUnit, type Replacement, siteNamed, type UnitSet } from './ablation.ts'
import type { MeasureOptions } from './ablation-curves.ts'
import { createScorer, type ImageBatches, widest } from './behind.ts'
import type { Evaluation, Network } from './evaluate.ts'
import { rounded, spearmanInterval } from './statistics.ts'
import type { VariantScores } from './tally.ts'

/** Loss and accuracies without the unit, and by how much that is worse; positive numbers are harm. */
export interface UnitEffect extends Pick<Evaluation, 'loss' | 'top1' | 'top5'> {
  readonly module: string
  readonly site: string
  readonly unit: number
  readonly selectivity: number
  readonly preferredClass: number
  /** Share of the preferred class's images that are right. */
  readonly preferredTop1: number
  readonly lossIncrease: number
  readonly top1Drop: number
  readonly preferredTop1Drop: number
}

export interface EffectsRequest extends Replacement {
  readonly units: UnitSet
  readonly selectivity: PerUnit
  readonly preferredClass: PerUnit
}

/** Units of one pass over the images; with the whole network, a multiple of what is computed at one time. */
const unitsPerPass = 4 * widest - 1

function effectOf(
  { name, module }: { readonly name: string; readonly module: string },
  unit: number,
  [whole, without]: readonly [VariantScores, VariantScores],
  { selectivity, preferredClass }: EffectsRequest,
): UnitEffect {
  const preferred = preferredClass.get(name)?.[unit] ?? 0
  const { loss, top1, top5 } = without
  return {
    module,
    site: name,
    unit,
    selectivity: selectivity.get(name)?.[unit] ?? Number.NaN,
    preferredClass: preferred,
    loss,
    top1,
    top5,
    preferredTop1: rounded(without.classTop1[preferred]),
    lossIncrease: rounded(loss - whole.loss),
    top1Drop: rounded(whole.top1 - top1),
    preferredTop1Drop: rounded(whole.classTop1[preferred] - without.classTop1[preferred]),
  }
}

const passesOf = (units: readonly number[]): number[][] =>
  Array.from({ length: Math.ceil(units.length / unitsPerPass) }, (_, i) =>
    units.slice(i * unitsPerPass, (i + 1) * unitsPerPass),
  )

/** Ablates units one at a time, site by site in the network's order, 63 in each pass over the images; yields unit by unit. Rejects with AbortError. */
export async function* unitEffects(
  network: Network,
  images: ImageBatches,
  request: EffectsRequest,
  { onProgress, ...options }: MeasureOptions = {},
): AsyncGenerator<UnitEffect> {
  const sites = sitesOf(network.net)
  for (const name of request.units.keys()) siteNamed(sites, name)
  const work = sites.map((site) => ({ site, passes: passesOf(Array.from(request.units.get(site.name) ?? [])) }))
  const variants = work.flatMap(({ passes }) => passes.map(({ length }) => length + 1)).reduce((a, b) => a + b, 0)
  let done = 0
  const progress = (more: number) => {
    done += more
    onProgress?.(done, images.images * variants)
  }
  for (const { site, passes } of work) {
    const scorer = createScorer(network, images, site.name, { ...options, onProgress: progress })
    try {
      for (const units of passes) {
        const each = units.map((unit) => ablationOf(sites, new Map([[site.name, [unit]]]), request))
        // The whole network goes along, so that a unit without effect has exactly none.
        const [whole, ...scores] = await scorer.score([new Map(), ...each])
        for (const [i, unit] of units.entries()) yield effectOf(site, unit, [whole, scores[i]], request)
      }
    } finally {
      scorer.dispose()
    }
  }
}

export type { ImpactCorrelation }

/** What can be harmed. */
export const impacts = ['lossIncrease', 'top1Drop', 'preferredTop1Drop'] as const satisfies readonly ImpactName[]

/** Per module, Spearman's ρ of impact against selectivity over the units, with a seeded bootstrap interval of 95 %. */
export function impactCorrelations(effects: readonly UnitImpact[], seed: number): ImpactCorrelation[] {
  return [...group(effects, ({ module }) => module)].map(([module, own]) => {
    const selectivity = own.map((effect) => effect.selectivity)
    const correlation = (impact: ImpactName) =>
      spearmanInterval(
        selectivity,
        own.map((effect) => effect[impact]),
        stream(seed, 'bootstrap', module, impact),
      )
    return {
      module,
      units: own.length,
      lossIncrease: correlation('lossIncrease'),
      top1Drop: correlation('top1Drop'),
      preferredTop1Drop: correlation('preferredTop1Drop'),
    }
  })
}
