/** Compares the images that were read with those that a run's record names. */
import type { RunConfig } from '../config/config.ts'
import { changesBetween, type Found } from '../data/set/changes.ts'
import type { ImageSet } from '../data/source.ts'
import { identityOf } from '../data-identity.ts'
import type { DataRecord } from '../protocol/environment.ts'
import type { StartEvent } from '../protocol/run-events.ts'
import {
  resumedData as compared,
  imagesDifference,
  newData,
  OtherImagesError,
  type ResumedData,
} from '../train/resumed-data.ts'
import { UsageError } from './arguments.ts'

const cures = {
  images: {
    yes: '',
    no: 'restore them, name their new place with --data, or add --accept-changed-data to go on with these',
    never: 'restore them, or name their new place with --data',
  },
  // Weights of other classes do not fit, so not even --accept-changed-data helps.
  classes: "name the run's images with --data, or train into a new folder",
} as const

/**
 * Compares the images of a resumed run with those that its last start recorded. Throws UsageError for other images, unless
 * they are accepted, and for other classes. `never`: they cannot be accepted. A new run has nothing to compare.
 */
export function resumedData(
  start: StartEvent | undefined,
  { data: { source } }: Pick<RunConfig, 'data'>,
  set: ImageSet,
  accept: 'yes' | 'no' | 'never',
): ResumedData {
  if (!start) return newData
  try {
    return compared(start, source, set, accept === 'yes')
  } catch (error) {
    if (!(error instanceof OtherImagesError)) throw error
    throw new UsageError(`${error.message}; ${error.kind === 'images' ? cures.images[accept] : cures.classes}`)
  }
}

/** The images that a measurement reads, compared with those of the run. */
export interface MeasuredData {
  /** `identityOf` the images: that of the run's record where they are the same. */
  readonly identity: string
  /** Where they are other images; else null. */
  readonly warning: string | null
  /** Where they cannot be compared, because the run does not record its images; else null. */
  readonly unknown: string | null
}

/** `named`: whether the user named these images with --data. */
export function measuredData(recorded: DataRecord, source: string, found: Found, named: boolean): MeasuredData {
  if (identityOf(recorded) === '') {
    const unknown = `The run does not record its images, so they could not be compared with ${source}.`
    return { identity: identityOf(found), warning: null, unknown }
  }
  const changes = changesBetween(recorded, found)
  if (!changes) return { identity: identityOf(recorded), warning: null, unknown: null }
  const what = named
    ? `${source} has other images than the run`
    : `The images of ${source} have changed since the run was trained`
  const risk = 'validation images may be ones that the run was trained on'
  return {
    identity: identityOf(found),
    warning: `${what} (${imagesDifference(recorded, found, changes.text)}); ${risk}.`,
    unknown: null,
  }
}
