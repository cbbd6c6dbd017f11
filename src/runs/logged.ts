/** From the events of the training loop to those of a run's log, which have means of sites instead of units. */
import type { LoggedEvent, RecordedEvent } from '../protocol/run-events.ts'
import { loggedProbe } from './format/log.ts'
import { checksumOf } from './format/units.ts'
import { recordOf } from './units/record.ts'
import type { UnitsSource } from './units/source.ts'

/** The event as the log has it, and the record of a probe's units, which are beside the log. */
export function logged(event: LoggedEvent | RecordedEvent): { event: LoggedEvent; record: Uint8Array | null } {
  if (event.type !== 'probe' || 'units' in event) return { event, record: null }
  const record = recordOf(event.sites)
  const place = record && ({ kind: 'record', index: event.step, crc32: checksumOf(record) } as const)
  return { event: loggedProbe(event, place), record }
}

/** The event of a log of format 1, with the units of a probe; without them where they were not kept. */
export async function withUnits(event: LoggedEvent, units: UnitsSource): Promise<RecordedEvent> {
  if (event.type !== 'probe') return event
  const { units: _, ...probe } = event
  return { ...probe, sites: (await units.read(event)) ?? [] }
}

/** The events of a log of format 1, which reads the units of one probe at a time. */
export async function* recordedEvents(run: {
  readonly events: readonly LoggedEvent[]
  readonly units: UnitsSource
}): AsyncGenerator<RecordedEvent> {
  for (const event of run.events) yield withUnits(event, run.units)
}
