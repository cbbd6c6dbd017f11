/** Requested indices of all units of a network, with their chance floors. */
import { sitesOf } from '../model/resnet.ts'
import type { SiteInfo } from '../protocol/environment.ts'
import type { LabeledImages, Network } from './evaluate.ts'
import { createIndices, type IndexName, type UnitIndices } from './indices.ts'
import { mean } from './statistics.ts'
import { batchActivations } from './units.ts'

export interface SiteIndices {
  readonly site: SiteInfo
  readonly indices: UnitIndices
  /** The same indices under shuffled labels, averaged over the shuffles. */
  readonly floor: UnitIndices
}

export interface IndicesOptions {
  /** The labels of the images in each shuffle of the floor, in the order of the batches. */
  readonly shuffled: readonly Int32Array[]
  readonly signal?: AbortSignal
  /** Called with the number of images that are measured so far. */
  readonly onProgress?: (images: number) => void
}

/** The mean of several results, unit by unit; NaN without any. */
const averaged = (results: readonly UnitIndices[], names: readonly IndexName[], units: number): UnitIndices =>
  Object.fromEntries(
    names.map((name) => {
      const values = results.map((result) => result[name] as Float64Array)
      return [name, Float64Array.from({ length: units }, (_, u) => mean(values.map((own) => own[u])))]
    }),
  )

/** Measures indices. Rejects with AbortError, or with Error for images of fewer than two classes. */
export async function measureIndices(
  network: Network,
  batches: AsyncIterable<LabeledImages>,
  names: readonly IndexName[],
  { shuffled, signal, onProgress }: IndicesOptions,
): Promise<SiteIndices[]> {
  const { classes } = network.net.spec
  const all = sitesOf(network.net).map((site) => ({
    site,
    measured: createIndices(classes, site.units, names),
    chance: shuffled.map(() => createIndices(classes, site.units, names)),
  }))
  let images = 0
  for await (const { pooled, labels } of batchActivations(network, batches, signal)) {
    const upTo = images + labels.length
    for (const { site, measured, chance } of all) {
      const values = pooled.get(site.name) as Float32Array
      measured.add(values, labels)
      for (const [i, calculator] of chance.entries()) calculator.add(values, shuffled[i].subarray(images, upTo))
    }
    images = upTo
    onProgress?.(images)
  }
  return all.map(({ site, measured, chance }) => ({
    site,
    indices: measured.result(),
    floor: averaged(
      chance.map((calculator) => calculator.result()),
      names,
      site.units,
    ),
  }))
}
