/** The output of measurements: rows of a run's tables, and reports of progress. */
import { rowIdentity } from '../data-identity.ts'
import type { CheckpointName, MeasuredCells, MeasuredTable } from '../protocol/measurement.ts'
import type { OpenedRun } from './open-run.ts'

export interface MeasuredRow {
  readonly table: MeasuredTable
  readonly cells: MeasuredCells
}

/** A measurement of one checkpoint: yields rows as they are measured and returns the whole result. */
export type Measuring<R = void> = AsyncGenerator<MeasuredRow, R, void>

export interface ProgressOptions {
  /** Called with the part of the checkpoint's work that is done, and its total. The measurement chooses the unit. */
  readonly onProgress?: (done: number, total: number) => void
}

/** The cells that identify a measurement. */
export const measuredOn = (
  { source, identity }: Pick<OpenedRun, 'source' | 'identity'>,
  { file, epoch }: CheckpointName,
) => ({ checkpoint: file, data: source, fingerprint: rowIdentity(identity), epoch })

/**
 * Measures one checkpoint after another; returns their results in order. onProgress: checkpoints done, with a fraction, and
 * their number. Throws AbortError between checkpoints.
 */
export async function* eachCheckpoint<C extends CheckpointName, R>(
  { signal }: Pick<OpenedRun, 'signal'>,
  checkpoints: readonly C[],
  measure: (checkpoint: C, onProgress: (done: number, total: number) => void) => Measuring<R>,
  onProgress: (done: number, total: number) => void = () => {},
): Measuring<R[]> {
  const total = checkpoints.length
  const results: R[] = []
  for (const [i, checkpoint] of checkpoints.entries()) {
    signal.throwIfAborted()
    onProgress(i, total)
    results.push(yield* measure(checkpoint, (done, all) => onProgress(i + done / all, total)))
  }
  onProgress(total, total)
  return results
}
