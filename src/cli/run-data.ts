/** Compares the images that were read with those that a run's record names. */
import { parseConfig, type RunConfig } from '../config/config.ts'
import { changesBetween } from '../data/set/changes.ts'
import type { ImageSet } from '../data/source.ts'
import { identityOf, shownFingerprint } from '../data-identity.ts'
import type { DataReport } from '../protocol/data-report.ts'
import type { DataRecord, Environment } from '../protocol/environment.ts'
import type { DataEvent, DataName, StartEvent } from '../protocol/run-events.ts'
import { UsageError } from './arguments.ts'

const idsOf = (classes: readonly { readonly id: string }[]): string => classes.map(({ id }) => id).join(', ')

/** Weights of other classes do not fit, so not even `--accept-changed-data` helps. */
function requireSameClasses({ classes }: StartEvent, set: ImageSet): void {
  const [then, now] = [classes, set.classes].map(idsOf)
  if (then === now) return
  throw new UsageError(
    `${set.report.source} has other classes than the run, or in another order (${now} instead of ${then}); name the run's images with --data, or train into a new folder`,
  )
}

const nameOf = (
  source: string,
  { fingerprint, contents = null }: Pick<DataRecord, 'fingerprint' | 'contents'>,
): DataName => ({
  source,
  fingerprint,
  contents,
})

/** `fingerprint NOW instead of THEN: WHAT` */
function differenceText(recorded: DataRecord, now: DataReport, what: string): string {
  const [then, own] = [recorded, now].map((data) => shownFingerprint(identityOf(data)))
  return `fingerprint ${own} instead of ${then}: ${what}`
}

/** How the images of a resumed run differ from those of its record. */
export interface ResumedData {
  /** Null where they are the same at the same place. */
  readonly change: Pick<DataEvent, 'type' | 'change' | 'from' | 'to' | 'what'> | null
  /** The environment's description of the images: the recorded one where they are the same. */
  readonly record: (environment: Environment) => Environment
}

/**
 * Compares the images of a resumed run with those that its last start recorded. Throws UsageError for other images, unless
 * they are accepted, and for other classes. A new run has nothing to compare.
 */
export function resumedData(
  start: StartEvent | undefined,
  { data: { source } }: Pick<RunConfig, 'data'>,
  set: ImageSet,
  acceptChanged: boolean,
): ResumedData {
  if (!start) return { change: null, record: (environment) => environment }
  const { report } = set
  const before = start.environment.data
  const [from, to] = [nameOf(parseConfig(start.config).data.source, before), nameOf(source, report)]
  const changes = changesBetween(before, report)
  if (!changes) {
    const moved = { type: 'data', change: 'moved', from, to, what: '' } as const
    const record = (environment: Environment) => ({ ...environment, data: { ...before, source: report.source } })
    return { change: from.source === to.source ? null : moved, record }
  }
  if (!acceptChanged) {
    throw new UsageError(
      `the images of ${source} have changed since the run began (${differenceText(before, report, changes.text)}); restore them, name their new place with --data, or add --accept-changed-data to go on with these`,
    )
  }
  requireSameClasses(start, set)
  const change = { type: 'data', change: 'changed', from, to, what: changes.text } as const
  return { change, record: (environment) => environment }
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
export function measuredData(recorded: DataRecord, source: string, report: DataReport, named: boolean): MeasuredData {
  if (identityOf(recorded) === '') {
    const unknown = `The run does not record its images, so they could not be compared with ${source}.`
    return { identity: identityOf(report), warning: null, unknown }
  }
  const changes = changesBetween(recorded, report)
  if (!changes) return { identity: identityOf(recorded), warning: null, unknown: null }
  const what = named
    ? `${source} has other images than the run`
    : `The images of ${source} have changed since the run was trained`
  const risk = 'held-out images may be ones that the run was trained on'
  return {
    identity: identityOf(report),
    warning: `${what} (${differenceText(recorded, report, changes.text)}); ${risk}.`,
    unknown: null,
  }
}
