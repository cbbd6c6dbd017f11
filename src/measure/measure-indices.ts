/** Chosen indices of all units of a network, with their chance floors. */

import { sitesOf } from '../model/resnet.ts'
import type { SiteInfo } from '../protocol/environment.ts'
import { activations, type LabeledImages, type Network } from './evaluate.ts'
import { createIndices, type IndexName, type UnitIndices } from './indices.ts'

export interface SiteIndices {
  readonly site: SiteInfo
  readonly indices: UnitIndices
  /** The same under shuffled labels, averaged over the shuffles. */
  readonly floor: UnitIndices
}

export interface IndicesOptions {
  /** The images' labels in each shuffle of the floor. */
  readonly shuffled: readonly Int32Array[]
  readonly signal?: AbortSignal
}

const meanOf = (all: readonly Float64Array[], units: number): Float64Array =>
  Float64Array.from({ length: units }, (_, u) => all.reduce((sum, values) => sum + values[u], 0) / all.length)

/** The mean of several results; NaN of none. */
const averaged = (results: readonly UnitIndices[], names: readonly IndexName[], units: number): UnitIndices =>
  Object.fromEntries(
    names.map((name) => [
      name,
      meanOf(
        results.map((result) => result[name] as Float64Array),
        units,
      ),
    ]),
  )

/** Rejects with AbortError, or with images of fewer than two classes. */
export async function measureIndices(
  network: Network,
  batches: AsyncIterable<LabeledImages>,
  names: readonly IndexName[],
  { shuffled, signal }: IndicesOptions,
): Promise<SiteIndices[]> {
  const { classes } = network.net.spec
  const all = sitesOf(network.net).map((site) => ({
    site,
    measured: createIndices(classes, site.units, names),
    chance: shuffled.map(() => createIndices(classes, site.units, names)),
  }))
  let images = 0
  for await (const batch of batches) {
    signal?.throwIfAborted()
    const { pooled } = await activations(network, batch)
    const upTo = images + batch.labels.length
    for (const { site, measured, chance } of all) {
      const values = pooled.get(site.name) as Float32Array
      measured.add(values, batch.labels)
      for (const [i, calculator] of chance.entries()) calculator.add(values, shuffled[i].subarray(images, upTo))
    }
    images = upTo
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
