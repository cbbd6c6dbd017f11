/**
 * Single-unit ablation: loss and accuracy without one unit, and how the impact correlates with the unit's
 * selectivity.
 */
import { group } from 'd3-array'
import { sitesOf } from '../model/resnet.ts'
import type { SiteInfo } from '../protocol/environment.ts'
import type { ImpactCorrelation, ImpactName, UnitImpact } from '../protocol/measurement.ts'
import { stream } from '../random.ts'
import { ablationOf, type PerUnit, type Replacement, siteNamed, type UnitSet } from './ablation.ts'
import type { MeasureOptions } from './ablation-curves.ts'
import { chunks } from './chunks.ts'
import type { Evaluation, Network } from './evaluate.ts'
import type { VariantScores } from './scores.ts'
import { rounded, spearmanInterval } from './statistics.ts'
import { createScorer, type ImageBatches, type Scorer, widest } from './variant-scorer.ts'

/** Loss and accuracy without the unit, and how much worse they are than with it; positive differences are harm. */
export interface UnitEffect extends Pick<Evaluation, 'loss' | 'top1' | 'top5'> {
  readonly module: string
  readonly site: string
  readonly unit: number
  readonly selectivity: number
  readonly preferredClass: number
  /** Share of the preferred class's images that are classified correctly. */
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

/** Units of one pass over the images. Together with the whole network they fill the variants computed at once. */
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

/**
 * Ablates units one at a time, site by site in the network's order, 63 in each pass over the images, and yields unit by
 * unit. Throws RangeError for an unknown site or unit, or AbortError.
 */
export async function* unitEffects(
  network: Network,
  images: ImageBatches,
  request: EffectsRequest,
  { onProgress, ...options }: MeasureOptions = {},
): AsyncGenerator<UnitEffect> {
  const sites = sitesOf(network.net)
  for (const name of request.units.keys()) siteNamed(sites, name)
  const unitsOf = ({ name }: SiteInfo) => Array.from(request.units.get(name) ?? [])
  const work = sites.map((site) => ({ site, passes: chunks(unitsOf(site), unitsPerPass) }))
  const variants = work.flatMap(({ passes }) => passes.map(({ length }) => length + 1)).reduce((a, b) => a + b, 0)
  let done = 0
  const progress = (more: number) => {
    done += more
    onProgress?.(done, images.images * variants)
  }
  for (const { site, passes } of work) {
    const scorer = createScorer(network, images, site.name, { ...options, onProgress: progress })
    try {
      for (const units of passes) yield* passEffects(scorer, site, units, request)
    } finally {
      scorer.dispose()
    }
  }
}

/** One pass over the images. It scores the whole network too, so that a unit without effect has exactly none. */
async function* passEffects(
  { score }: Scorer,
  site: SiteInfo,
  units: readonly number[],
  request: EffectsRequest,
): AsyncGenerator<UnitEffect> {
  const each = units.map((unit) => ablationOf([site], new Map([[site.name, [unit]]]), request))
  const [whole, ...scores] = await score([new Map(), ...each])
  for (const [i, unit] of units.entries()) yield effectOf(site, unit, [whole, scores[i]], request)
}

export type { ImpactCorrelation }

/** For each module, Spearman's ρ of impact and selectivity over the units, with a seeded 95 % bootstrap interval. */
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
