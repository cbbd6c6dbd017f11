/**
 * Class selectivity of units, streaming: takes pooled activations batch by batch, adds them up per class, and gives the
 * result at any time. Sums are 64-bit and follow the order of the images, so that the size of the batches does not
 * change them.
 */

import type { SiteInfo } from '../protocol/environment.ts'
import type { ProbeEvent, SelectivitySummary, SiteProbe } from '../protocol/run-events.ts'
import type { Random } from '../random.ts'
import { mean, quantile, rounded } from './statistics.ts'

const epsilon = 1e-6

/**
 * SI = (m_max − m_rest) / (m_max + m_rest + 1e-6); m_rest is the mean of the other classes' means
 * (Leavitt & Morcos 2020). 0 where all means are 0. classMeans: at least two.
 */
export function selectivityIndex(classMeans: ArrayLike<number>): { selectivity: number; preferredClass: number } {
  let preferredClass = 0
  let sum = 0
  for (let c = 0; c < classMeans.length; c++) {
    sum += classMeans[c]
    if (classMeans[c] > classMeans[preferredClass]) preferredClass = c
  }
  const top = classMeans[preferredClass]
  const rest = (sum - top) / (classMeans.length - 1)
  return { selectivity: (top - rest) / (top + rest + epsilon), preferredClass }
}

/** The classes that have images. Throws Error where there are fewer than two, because selectivity compares classes. */
export function seenClasses(counts: Float64Array): number[] {
  const seen = [...counts.keys()].filter((c) => counts[c] > 0)
  if (seen.length < 2) throw new Error(`selectivity needs images of at least two classes; have ${seen.length}`)
  return seen
}

/** Sums of one site's pooled activations by class. */
interface ClassSums {
  /** [classes · units] */
  readonly sums: Float64Array
  readonly counts: Float64Array
}

const emptySums = (classes: number, units: number): ClassSums => ({
  sums: new Float64Array(classes * units),
  counts: new Float64Array(classes),
})

function addImages({ sums, counts }: ClassSums, pooled: Float32Array, labels: Int32Array, units: number): void {
  for (let n = 0; n < labels.length; n++) {
    const row = labels[n] * units
    const from = n * units
    for (let u = 0; u < units; u++) sums[row + u] += pooled[from + u]
    counts[labels[n]]++
  }
}

/** Calls visit(unit, means, classes) for each unit, with its means over the classes that have images. */
function eachUnit(
  { sums, counts }: ClassSums,
  units: number,
  visit: (unit: number, means: Float64Array, seen: number[]) => void,
) {
  const seen = seenClasses(counts)
  const means = new Float64Array(seen.length)
  for (let u = 0; u < units; u++) {
    for (let i = 0; i < seen.length; i++) means[i] = sums[seen[i] * units + u] / counts[seen[i]]
    visit(u, means, seen)
  }
}

export interface SelectivityCalculator {
  /**
   * Adds a batch: site → [N · units] pooled activations, the labels [N], and the same images' labels in each of
   * the shuffles. Throws Error for a missing site or a wrong size.
   */
  readonly add: (pooled: ReadonlyMap<string, Float32Array>, labels: Int32Array, shuffled: readonly Int32Array[]) => void
  /** The measurement so far, one entry per site. Throws Error with images of fewer than two classes. */
  readonly result: () => SiteProbe[]
}

/** shuffles: the number of label shuffles that the chance floor is averaged over. */
export function createSelectivity(
  sites: readonly SiteInfo[],
  classes: number,
  shuffles: number,
): SelectivityCalculator {
  const all = sites.map((site) => ({
    site,
    measured: emptySums(classes, site.units),
    chance: Array.from({ length: shuffles }, () => emptySums(classes, site.units)),
  }))
  return {
    add: (pooled, labels, shuffled) => {
      if (shuffled.length !== shuffles)
        throw new Error(`wrong number of label shuffles: ${shuffled.length} (expected ${shuffles})`)
      for (const { site, measured, chance } of all) {
        const values = pooled.get(site.name)
        if (values?.length !== labels.length * site.units) {
          throw new Error(
            `wrong activations of site ${site.name}: ${values?.length ?? 'none'} (expected ${labels.length} × ${site.units})`,
          )
        }
        addImages(measured, values, labels, site.units)
        for (const [i, sums] of chance.entries()) addImages(sums, values, shuffled[i], site.units)
      }
    },
    result: () => all.map(({ site, measured, chance }) => siteProbe(site, measured, chance)),
  }
}

function siteProbe({ name, module, units }: SiteInfo, measured: ClassSums, chance: readonly ClassSums[]): SiteProbe {
  const selectivity: number[] = []
  const preferredClass: number[] = []
  const dead: number[] = []
  eachUnit(measured, units, (_, means, seen) => {
    const index = selectivityIndex(means)
    selectivity.push(rounded(index.selectivity))
    preferredClass.push(seen[index.preferredClass])
    dead.push(means.every((m) => m === 0) ? 1 : 0)
  })
  const floor = new Array<number>(units).fill(0)
  for (const sums of chance) {
    eachUnit(sums, units, (u, means) => {
      floor[u] += selectivityIndex(means).selectivity / chance.length
    })
  }
  return { site: name, module, selectivity, floor: floor.map(rounded), preferredClass, dead }
}

/** Seeded permutations of a probe set's labels, for the chance floor. */
export const shuffledLabels = (
  labels: Int32Array,
  random: (shuffle: number) => Random,
  shuffles: number,
): Int32Array[] => Array.from({ length: shuffles }, (_, i) => random(i).shuffle(labels.slice()))

/** Mean, quartiles and dead units over the units of some sites; every unit weighs the same. */
export function summarize(sites: readonly SiteProbe[]): SelectivitySummary {
  const selectivity = Float64Array.from(sites.flatMap((s) => s.selectivity)).sort()
  const floor = Float64Array.from(sites.flatMap((s) => s.floor)).sort()
  return {
    units: selectivity.length,
    selectivity: rounded(mean(selectivity)),
    floor: rounded(mean(floor)),
    lower: rounded(quantile(selectivity, 0.25)),
    upper: rounded(quantile(selectivity, 0.75)),
    floorLower: rounded(quantile(floor, 0.25)),
    floorUpper: rounded(quantile(floor, 0.75)),
    dead: sites.reduce((sum, s) => sum + s.dead.reduce((a, b) => a + b, 0), 0),
  }
}

/** Aggregates of a probe: module = mean over its units, network = mean over the modules. */
export function aggregate(sites: readonly SiteProbe[]): Pick<ProbeEvent, 'modules' | 'network'> {
  const names = [...new Set(sites.map((s) => s.module))]
  const modules = names.map((module) => ({ module, ...summarize(sites.filter((s) => s.module === module)) }))
  return {
    modules,
    network: {
      selectivity: rounded(mean(modules.map((m) => m.selectivity))),
      floor: rounded(mean(modules.map((m) => m.floor))),
    },
  }
}
