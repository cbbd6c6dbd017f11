/** Which fields may differ between a run and its fork. */
import { ConfigError, fieldEntries, getField, type RunConfig } from './config.ts'

/** Fields that a fork keeps: the network, the images, their order, and what the curves of both runs compare. */
const kept = /^(seed|data\.(?!source$).+|model\..+|train\.batchSize|probe\.imagesPerClass)$/

export const mayForkChange = (key: string): boolean => !kept.test(key)

/** The fields that may differ, with their dotted keys. */
export const forkFields: readonly string[] = fieldEntries.map(({ key }) => key).filter(mayForkChange)

/** The dotted keys of the fields in which two configurations differ. */
export const changedKeys = (before: RunConfig, after: RunConfig): string[] =>
  fieldEntries
    .map(({ key }) => key)
    .filter((key) => JSON.stringify(getField(before, key)) !== JSON.stringify(getField(after, key)))

/** Throws ConfigError where a fork has another value of a field that it must keep, or ends before it begins, at `epoch`. */
export function requireForkable(parent: RunConfig, fork: RunConfig, epoch: number): void {
  const key = changedKeys(parent, fork).find((changed) => !mayForkChange(changed))
  if (key !== undefined) {
    const value = JSON.stringify(getField(parent, key))
    throw new ConfigError(key, `a fork keeps ${key} of its run (${value}); train a new run to change it`)
  }
  const { epochs } = fork.train
  if (epochs <= epoch)
    throw new ConfigError(
      'train.epochs',
      `invalid train.epochs: ${epochs}; the fork begins at epoch ${epoch}, so choose a larger number`,
    )
}
