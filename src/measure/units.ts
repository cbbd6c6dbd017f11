/**
 * What each unit responds to, streaming: class means, preferred class, selectivity and the images that activate it most.
 * Keeps class sums and the top images of every unit, never the activations.
 */
import type { SiteInfo } from '../protocol/environment.ts'
import { siteNamed } from './ablation.ts'
import { activations, type LabeledImages, type Network } from './evaluate.ts'
import { selectivityIndex } from './selectivity.ts'
import { rounded } from './statistics.ts'

/** An image by its position in the stream. */
export interface TopImage {
  readonly image: number
  readonly activation: number
}

export interface UnitProfile {
  readonly site: string
  readonly unit: number
  readonly selectivity: number
  readonly preferredClass: number
  /** Zero for all classes. */
  readonly dead: boolean
  /** Mean over the images. */
  readonly mean: number
  /** [classes]: mean over each class's images; NaN for a class without images. */
  readonly tuning: number[]
  /** In descending order; of equal ones the earlier first. */
  readonly top: TopImage[]
}

interface SiteUnits {
  readonly site: SiteInfo
  /** [classes · units] */
  readonly sums: Float64Array
  /** [units · top] each, in descending order. */
  readonly values: Float32Array
  readonly images: Int32Array
}

/** Puts a value at its place among a unit's largest, values[from … from + top). */
function offer({ values, images }: SiteUnits, from: number, top: number, value: number, image: number): void {
  let at = from + top - 1
  for (; at > from && values[at - 1] < value; at--) {
    values[at] = values[at - 1]
    images[at] = images[at - 1]
  }
  values[at] = value
  images[at] = image
}

function addImage(own: SiteUnits, row: Float32Array, label: number, image: number, top: number): void {
  const { sums, values } = own
  const { units } = own.site
  for (let u = 0; u < units; u++) {
    const value = row[u]
    sums[label * units + u] += value
    if (value > values[(u + 1) * top - 1]) offer(own, u * top, top, value, image)
  }
}

export interface UnitRecorder {
  /** Site → [N · units] pooled activations, and labels [N]. */
  readonly add: (pooled: ReadonlyMap<string, Float32Array>, labels: Int32Array) => void
  /** Throws RangeError for an unknown site or unit, Error with images of fewer than two classes. */
  readonly profile: (site: string, unit: number) => UnitProfile
}

/** Keeps each unit's `top` most activating images, at least one. */
export function createUnitRecorder(sites: readonly SiteInfo[], classes: number, top: number): UnitRecorder {
  const counts = new Float64Array(classes)
  const all = new Map(
    sites.map((site): [string, SiteUnits] => [
      site.name,
      {
        site,
        sums: new Float64Array(classes * site.units),
        values: new Float32Array(site.units * top).fill(Number.NEGATIVE_INFINITY),
        images: new Int32Array(site.units * top),
      },
    ]),
  )
  let images = 0

  function profile(name: string, unit: number): UnitProfile {
    const site = siteNamed(sites, name)
    if (!Number.isInteger(unit) || unit < 0 || unit >= site.units) {
      throw new RangeError(`unknown unit: ${name}:${unit} (${name} has units 0 … ${site.units - 1})`)
    }
    const own = all.get(name) as SiteUnits
    const sums = Array.from(counts, (_, c) => own.sums[c * site.units + unit])
    const tuning = sums.map((sum, c) => sum / counts[c])
    const seen = [...counts.keys()].filter((c) => counts[c] > 0)
    if (seen.length < 2) throw new Error(`selectivity needs images of at least two classes; have ${seen.length}`)
    const index = selectivityIndex(seen.map((c) => tuning[c]))
    const best = Array.from({ length: Math.min(top, images) }, (_, i) => unit * top + i)
    return {
      site: name,
      unit,
      selectivity: rounded(index.selectivity),
      preferredClass: seen[index.preferredClass],
      dead: seen.every((c) => tuning[c] === 0),
      mean: sums.reduce((a, b) => a + b, 0) / images,
      tuning,
      top: best.map((at) => ({ image: own.images[at], activation: own.values[at] })),
    }
  }

  return {
    add: (pooled, labels) => {
      for (const own of all.values()) {
        const { name, units } = own.site
        const values = pooled.get(name)
        if (values?.length !== labels.length * units) {
          const found = values?.length ?? 'none'
          throw new Error(`wrong activations of site ${name}: ${found} (expected ${labels.length} × ${units})`)
        }
        for (const [n, label] of labels.entries()) {
          addImage(own, values.subarray(n * units, (n + 1) * units), label, images + n, top)
        }
      }
      for (const label of labels) counts[label]++
      images += labels.length
    },
    profile,
  }
}

export interface Units {
  readonly profile: UnitRecorder['profile']
  /** Site → one number a unit. */
  readonly selectivity: ReadonlyMap<string, Float64Array>
  readonly preferredClass: ReadonlyMap<string, Int32Array>
  readonly means: ReadonlyMap<string, Float64Array>
}

/** All units of a network over images: what the inspector shows, and what orders and replaces units in ablations. */
export async function measureUnits(
  network: Network,
  sites: readonly SiteInfo[],
  batches: AsyncIterable<LabeledImages>,
  { top = 9, signal }: { readonly top?: number; readonly signal?: AbortSignal } = {},
): Promise<Units> {
  const recorder = createUnitRecorder(sites, network.net.spec.classes, top)
  for await (const batch of batches) {
    signal?.throwIfAborted()
    const { pooled } = await activations(network, batch)
    recorder.add(pooled, batch.labels)
  }
  const { profile } = recorder
  const empty = <T>(of: (units: number) => T) => new Map(sites.map(({ name, units }) => [name, of(units)]))
  const selectivity = empty((units) => new Float64Array(units))
  const preferredClass = empty((units) => new Int32Array(units))
  const means = empty((units) => new Float64Array(units))
  for (const { name, units } of sites) {
    for (let u = 0; u < units; u++) {
      const found = profile(name, u)
      ;(selectivity.get(name) as Float64Array)[u] = found.selectivity
      ;(preferredClass.get(name) as Int32Array)[u] = found.preferredClass
      ;(means.get(name) as Float64Array)[u] = found.mean
    }
  }
  return { profile, selectivity, preferredClass, means }
}
