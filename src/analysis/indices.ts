/** Indices of class selectivity at a checkpoint: rows of indices.csv. */
import type { IndexName } from '../measure/indices.ts'
import { measureIndices, type SiteIndices } from '../measure/measure-indices.ts'
import { indexRows } from '../measure/rows.ts'
import type { CheckpointName } from '../protocol/measurement.ts'
import { type OpenedRun, openNetwork } from './open-run.ts'
import { type Measuring, measuredOn, type ProgressOptions } from './rows.ts'

/** Measures indices of all units on the probe set. Returns them by site. Throws AbortError. */
export async function* measureUnitIndices(
  run: OpenedRun,
  checkpoint: CheckpointName,
  names: readonly IndexName[],
  { onProgress }: ProgressOptions = {},
): Measuring<SiteIndices[]> {
  const { reader, signal } = run
  await using opened = await openNetwork(run, checkpoint)
  const progress = (images: number) => onProgress?.(images, reader.probeImages)
  const options = { shuffled: reader.probeShuffles, signal, onProgress: progress }
  const sites = await measureIndices(opened.network, reader.probe(), names, options)
  for (const row of sites.flatMap(indexRows)) {
    yield { table: 'indices', cells: { ...measuredOn(run, checkpoint), ...row } }
  }
  return sites
}
