/** Selects the units to ablate, their order, and the values that replace them. */
import type { SiteInfo } from '../protocol/environment.ts'
import type { AblationMode, AblationOrder } from '../protocol/measurement.ts'
import { stream } from '../random.ts'
import type { Ablations, AblationValues } from './evaluate.ts'

export type { AblationMode, AblationOrder }

/** Site → one number per unit. */
export type PerUnit = ReadonlyMap<string, ArrayLike<number>>

/** Site → units. */
export type UnitSet = ReadonlyMap<string, ArrayLike<number>>

/** How units are replaced. The mode `mean` needs `means`. */
export interface Replacement {
  readonly mode: AblationMode
  readonly means?: PerUnit
}

export const replacementOf = (mode: AblationMode, { means }: { readonly means: PerUnit }): Replacement =>
  mode === 'mean' ? { mode, means } : { mode }

const haveSites = (sites: readonly SiteInfo[]) => `have ${sites[0].name} … ${sites[sites.length - 1].name}`

/** The site of that name. Throws RangeError for an unknown one. */
export function siteNamed(sites: readonly SiteInfo[], name: string): SiteInfo {
  const site = sites.find((s) => s.name === name)
  if (!site) throw new RangeError(`unknown site: ${name} (${haveSites(sites)})`)
  return site
}

/** The sites of a module. Throws RangeError for an unknown module. */
export function sitesIn(sites: readonly SiteInfo[], module: string): SiteInfo[] {
  const own = sites.filter((site) => site.module === module)
  const modules = [...new Set(sites.map((site) => site.module))]
  if (own.length === 0) throw new RangeError(`unknown module: ${module} (have ${modules.join(', ')})`)
  return own
}

/** Replaces units of one site. Throws RangeError for an unknown unit. */
function valuesOf({ name, units: count }: SiteInfo, units: ArrayLike<number>, { mode, means }: Replacement) {
  const values: AblationValues = { keep: new Float32Array(count).fill(1), fill: new Float32Array(count) }
  for (const unit of Array.from(units)) {
    if (!Number.isInteger(unit) || unit < 0 || unit >= count) {
      throw new RangeError(`unknown unit: ${name}:${unit} (${name} has units 0 … ${count - 1})`)
    }
    values.keep[unit] = 0
    if (mode === 'mean') values.fill[unit] = meanOf(means, name, unit)
  }
  return values
}

function meanOf(means: PerUnit | undefined, site: string, unit: number): number {
  const mean = means?.get(site)?.[unit]
  if (mean === undefined) throw new RangeError(`no mean of unit ${site}:${unit} to replace it by`)
  return mean
}

/** Ablates units. Throws RangeError for an unknown site or unit. */
export const ablationOf = (sites: readonly SiteInfo[], units: UnitSet, how: Replacement): Ablations =>
  new Map([...units].map(([name, chosen]) => [name, valuesOf(siteNamed(sites, name), chosen, how)]))

export const ablationOrders = ['selective', 'random', 'least'] as const satisfies readonly AblationOrder[]

/**
 * A site's units in the order in which they are ablated; equally selective units follow their number. draw: the number of
 * the random order.
 */
export function unitOrder(
  { name, units }: SiteInfo,
  order: AblationOrder,
  { selectivity, seed, draw }: { readonly selectivity: PerUnit; readonly seed: number; readonly draw: number },
): Int32Array {
  const all = Int32Array.from({ length: units }, (_, u) => u)
  if (order === 'random') return stream(seed, 'ablation order', name, draw).shuffle(all)
  const own = selectivity.get(name)
  if (own?.length !== units) throw new RangeError(`no selectivity of site ${name} to order its units by`)
  const sign = order === 'selective' ? -1 : 1
  return all.sort((a, b) => sign * (own[a] - own[b]) || a - b)
}

/**
 * A seeded sample of `count` units of a module, stratified by selectivity: the units, sorted by selectivity, are cut into
 * `count` equal parts and one unit of each part is drawn. Returns site → units in ascending order; all units where there
 * are no more than `count`.
 */
export function sampleUnits(
  sites: readonly SiteInfo[],
  selectivity: PerUnit,
  { count, seed }: { readonly count: number; readonly seed: number },
): Map<string, number[]> {
  const all = sites.flatMap(({ name, units }) =>
    Array.from({ length: units }, (_, unit) => ({ name, unit, value: selectivity.get(name)?.[unit] ?? 0 })),
  )
  const sorted = all.map((unit, i) => ({ ...unit, i })).sort((a, b) => a.value - b.value || a.i - b.i)
  const random = stream(seed, 'ablation sample', sites[0]?.module ?? '')
  const parts = Math.min(count, sorted.length)
  const edge = (part: number) => Math.floor((part * sorted.length) / parts)
  const chosen = Array.from({ length: parts }, (_, p) => sorted[edge(p) + random.integer(edge(p + 1) - edge(p))])
  const sample = new Map(sites.map(({ name }): [string, number[]] => [name, []]))
  for (const { name, unit } of chosen) sample.get(name)?.push(unit)
  for (const units of sample.values()) units.sort((a, b) => a - b)
  return sample
}
