/** Linearity of a checkpoint: rows of linearity.csv. */
import type { Pairing } from '../measure/affine-deviation.ts'
import { type Linearity, linearity } from '../measure/linearity.ts'
import { linearityRows } from '../measure/rows.ts'
import type { CheckpointName } from '../protocol/measurement.ts'
import { type OpenedRun, openNetwork } from './open-run.ts'
import { type Measuring, measuredOn, type ProgressOptions } from './rows.ts'

export interface LinearityOptions extends ProgressOptions {
  /** How images are paired; `seeded` by default. */
  readonly pairs?: Pairing
}

/** Measures a checkpoint's linearity on the validation images. Returns the measures. Throws AbortError. */
export async function* measureLinearity(
  run: OpenedRun,
  checkpoint: CheckpointName,
  { pairs = 'seeded', onProgress }: LinearityOptions = {},
): Measuring<Linearity> {
  const { heldOut, reader, signal, config } = run
  await using opened = await openNetwork(run, checkpoint)
  const batches = pairs === 'seeded' ? heldOut.batches() : reader.validationInDataOrder()
  const progress = (images: number) => onProgress?.(images, heldOut.images)
  const options = { seed: config.seed, pairs, signal, onProgress: progress }
  const result = await linearity(opened.network, batches, options)
  for (const row of linearityRows(result)) {
    yield { table: 'linearity', cells: { ...measuredOn(run, checkpoint), ...row } }
  }
  return result
}
