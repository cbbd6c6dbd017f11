/**
 * Records the response of each unit, streaming: class means, preferred class, selectivity and the images that activate
 * it most. Stores sums by class and the top images of every unit, never the activations.
 */
import type { SiteInfo } from '../protocol/environment.ts'
import { siteNamed } from './ablation.ts'
import { activations, type LabeledImages, type Network, probeGraph } from './evaluate.ts'
import { compiledFor, pass } from './pass.ts'
import { seenClasses, selectivityIndex } from './selectivity.ts'
import { rounded } from './statistics.ts'
import { createTopK, offer, type TopK, topOf } from './top-k.ts'

export interface TopImage {
  /** Position of the image in the stream. */
  readonly image: number
  readonly activation: number
}

export interface UnitProfile {
  readonly site: string
  readonly unit: number
  readonly selectivity: number
  readonly preferredClass: number
  /** True when the unit is zero for all classes. */
  readonly dead: boolean
  /** Mean over the images. */
  readonly mean: number
  /** [classes]: mean over each class's images; NaN for a class without images. */
  readonly tuning: number[]
  /**
   * The images that activate the unit most, in descending order; among equal ones the earlier comes first. Images on which
   * the unit is zero are left out, so a dead unit has none.
   */
  readonly top: TopImage[]
}

interface SiteUnits {
  readonly site: SiteInfo
  /** [classes · units] */
  readonly sums: Float64Array
  readonly top: TopK
}

interface Recording {
  readonly sites: ReadonlyMap<string, SiteUnits>
  /** [classes]: images of each class. */
  readonly counts: Float64Array
  images: number
}

export interface UnitRecorder {
  /** Adds a batch: site → [N · units] pooled activations, and labels [N]. Throws Error for a missing site or a wrong size. */
  readonly add: (pooled: ReadonlyMap<string, Float32Array>, labels: Int32Array) => void
  /** Throws RangeError for an unknown site or unit, Error with images of fewer than two classes. */
  readonly profile: (site: string, unit: number) => UnitProfile
}

/** Records the units of some sites. top: the number of most activating images to store for each unit, at least one. */
export function createUnitRecorder(sites: readonly SiteInfo[], classes: number, top: number): UnitRecorder {
  const own = (site: SiteInfo): SiteUnits => ({
    site,
    sums: new Float64Array(classes * site.units),
    top: createTopK(site.units, top),
  })
  const recording: Recording = {
    sites: new Map(sites.map((site) => [site.name, own(site)])),
    counts: new Float64Array(classes),
    images: 0,
  }
  return {
    add: (pooled, labels) => addBatch(recording, pooled, labels),
    profile: (site, unit) => profileOf(recording, siteNamed(sites, site), unit),
  }
}

function addBatch(recording: Recording, pooled: ReadonlyMap<string, Float32Array>, labels: Int32Array): void {
  for (const own of recording.sites.values()) {
    const { name, units } = own.site
    const values = pooled.get(name)
    if (values?.length !== labels.length * units) {
      const found = values?.length ?? 'none'
      throw new Error(`wrong activations of site ${name}: ${found} (expected ${labels.length} × ${units})`)
    }
    for (const [n, label] of labels.entries()) {
      addImage(own, values.subarray(n * units, (n + 1) * units), label, recording.images + n)
    }
  }
  for (const label of labels) recording.counts[label]++
  recording.images += labels.length
}

function addImage({ site: { units }, sums, top }: SiteUnits, row: Float32Array, label: number, image: number): void {
  for (let u = 0; u < units; u++) {
    sums[label * units + u] += row[u]
    offer(top, u, row[u], image)
  }
}

function profileOf({ sites, counts, images }: Recording, { name, units }: SiteInfo, unit: number): UnitProfile {
  if (!Number.isInteger(unit) || unit < 0 || unit >= units) {
    throw new RangeError(`unknown unit: ${name}:${unit} (${name} has units 0 … ${units - 1})`)
  }
  const own = sites.get(name) as SiteUnits
  const sums = Array.from(counts, (_, c) => own.sums[c * units + unit])
  const tuning = sums.map((sum, c) => sum / counts[c])
  const seen = seenClasses(counts)
  const index = selectivityIndex(seen.map((c) => tuning[c]))
  return {
    site: name,
    unit,
    selectivity: rounded(index.selectivity),
    preferredClass: seen[index.preferredClass],
    dead: seen.every((c) => tuning[c] === 0),
    mean: sums.reduce((a, b) => a + b, 0) / images,
    tuning,
    top: topOf(own.top, unit).map(({ activation, item }) => ({ image: item, activation })),
  }
}

export interface Units {
  readonly profile: UnitRecorder['profile']
  /** Site → one number per unit. */
  readonly selectivity: ReadonlyMap<string, Float64Array>
  readonly preferredClass: ReadonlyMap<string, Int32Array>
  readonly means: ReadonlyMap<string, Float64Array>
}

export interface UnitOptions {
  /** Number of most activating images to store for each unit. */
  readonly top?: number
  readonly signal?: AbortSignal
}

/**
 * Measures all units of a network over images. The inspector shows the results, and ablations order and replace units
 * by them. Rejects with AbortError, or with Error for images of fewer than two classes.
 */
export async function measureUnits(
  network: Network,
  sites: readonly SiteInfo[],
  batches: AsyncIterable<LabeledImages>,
  { top = 9, signal }: UnitOptions = {},
): Promise<Units> {
  const recorder = createUnitRecorder(sites, network.net.spec.classes, top)
  for await (const { pooled, labels } of batchActivations(network, batches, signal)) recorder.add(pooled, labels)
  return unitsOf(recorder, sites)
}

/** Pooled activations and labels, batch by batch. Throws AbortError. */
export const batchActivations = (network: Network, batches: AsyncIterable<LabeledImages>, signal?: AbortSignal) =>
  pass(
    compiledFor(network.executor, batches, ({ labels }) => probeGraph(network, labels.length)),
    async (batch) => {
      const { pooled } = await activations(network, batch)
      return { pooled, labels: batch.labels }
    },
    signal,
  )

function unitsOf({ profile }: UnitRecorder, sites: readonly SiteInfo[]): Units {
  const all = sites.map(({ name, units }) => ({
    name,
    profiles: Array.from({ length: units }, (_, u) => profile(name, u)),
  }))
  return {
    profile,
    selectivity: new Map(all.map(({ name, profiles }) => [name, Float64Array.from(profiles, (p) => p.selectivity)])),
    preferredClass: new Map(
      all.map(({ name, profiles }) => [name, Int32Array.from(profiles, (p) => p.preferredClass)]),
    ),
    means: new Map(all.map(({ name, profiles }) => [name, Float64Array.from(profiles, (p) => p.mean)])),
  }
}
