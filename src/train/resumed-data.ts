/** Compares the images of a run that goes on with those that its record names. */
import { parseConfig } from '../config/config.ts'
import { changesBetween, type Found, foundIn } from '../data/set/changes.ts'
import { DataError, type ImageSet } from '../data/source.ts'
import { identityOf, shownFingerprint } from '../data-identity.ts'
import type { DataRecord, Environment } from '../protocol/environment.ts'
import type { DataEvent, DataName, RunEvent, StartEvent } from '../protocol/run-events.ts'

/** Other images or classes than those of the record. The message is a clause without the cure, which depends on the host. */
export class OtherImagesError extends DataError {
  readonly kind: 'images' | 'classes'

  constructor(kind: 'images' | 'classes', message: string) {
    super(message)
    this.kind = kind
  }
}

const idsOf = (classes: readonly { readonly id: string }[]): string => classes.map(({ id }) => id).join(', ')

/** Weights of other classes do not fit. */
function requireSameClasses({ classes }: Pick<StartEvent, 'classes'>, set: ImageSet): void {
  const [then, now] = [classes, set.classes].map(idsOf)
  if (then === now) return
  const message = `${set.report.source} has other classes than the run, or in another order (${now} instead of ${then})`
  throw new OtherImagesError('classes', message)
}

const nameOf = (
  source: string,
  { fingerprint, contents = null, used }: Pick<DataRecord, 'fingerprint' | 'contents' | 'used'>,
): DataName => ({ source, fingerprint, contents, ...(used ? { used } : {}) })

/** `fingerprint NOW instead of THEN: WHAT` */
export function imagesDifference(recorded: DataRecord, now: Found, what: string): string {
  const isListed = recorded.used && recorded.fingerprint !== now.fingerprint
  const hashOf = (data: Found | DataRecord) => (isListed ? data.fingerprint : identityOf(data))
  const [then, own] = [recorded, now].map((data) => shownFingerprint(hashOf(data)))
  return `fingerprint ${own} instead of ${then}: ${what}`
}

/** How the images of a resumed run differ from those of its record. */
export interface ResumedData {
  /** Null where they are the same at the same place. */
  readonly change: Pick<DataEvent, 'type' | 'change' | 'from' | 'to' | 'what'> | null
  /** The environment's description of the images: the recorded one where they are the same. */
  readonly record: (environment: Environment) => Environment
}

/** The images of a new run, which has nothing to compare. */
export const newData: ResumedData = { change: null, record: (environment) => environment }

/**
 * Compares images that were read from `source` with the newest start event of a record. Throws OtherImagesError for other
 * images, unless they are accepted, and for other classes.
 */
export function resumedData(
  start: Pick<StartEvent, 'config' | 'environment' | 'classes'>,
  source: string,
  set: ImageSet,
  acceptChanged: boolean,
): ResumedData {
  const { report } = set
  const found = foundIn(set)
  const before = start.environment.data
  const [from, to] = [nameOf(parseConfig(start.config).data.source, before), nameOf(source, found)]
  const changes = changesBetween(before, found)
  if (!changes) {
    const moved = { type: 'data', change: 'moved', from, to, what: '' } as const
    const record = (environment: Environment) => ({ ...environment, data: { ...before, source: report.source } })
    return { change: from.source === to.source ? null : moved, record }
  }
  if (!acceptChanged) {
    const difference = imagesDifference(before, found, changes.text)
    throw new OtherImagesError('images', `the images of ${source} have changed since the run began (${difference})`)
  }
  requireSameClasses(start, set)
  return { change: { type: 'data', change: 'changed', from, to, what: changes.text }, record: newData.record }
}

/** The events of a run; a change of its images follows its start. */
export async function* withChange(
  events: AsyncIterable<RunEvent>,
  change: ResumedData['change'],
  { step, epoch = 0 }: { readonly step: number; readonly epoch?: number } = { step: 0 },
): AsyncGenerator<RunEvent> {
  for await (const event of events) {
    yield event
    if (event.type === 'start' && change) yield { ...change, step, epoch }
  }
}
