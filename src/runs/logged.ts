/** The events of a run's log, which have means of sites instead of units, and the units beside them. */
import type { LoggedEvent, LoggedProbe, ProbeEvent, RecordedEvent, SiteProbe } from '../protocol/run-events.ts'
import { loggedProbe } from './format/log.ts'
import { checksumOf, recordOf } from './format/units.ts'

/** The log of a run with its units: of its folder (RunReader), or in memory. */
export interface LoggedRun {
  readonly events: () => AsyncIterable<LoggedEvent> | Iterable<LoggedEvent>
  /** The values of all units at a probe; null where they were not kept. Rejects where they cannot be read. */
  readonly units: (probe: LoggedProbe) => Promise<readonly SiteProbe[] | null>
}

/** The probes whose units were kept, one at a time. Rejects where units cannot be read. */
export async function* probesWithUnits({ events, units }: LoggedRun): AsyncGenerator<ProbeEvent> {
  for await (const event of events()) {
    const sites = event.type === 'probe' ? await units(event) : null
    if (event.type === 'probe' && sites) yield { ...event, sites }
  }
}

/** The event as the log has it, and the record of a probe's units, which are beside the log. */
export function logged(event: LoggedEvent | RecordedEvent): { event: LoggedEvent; record: Uint8Array | null } {
  if (event.type !== 'probe' || 'units' in event) return { event, record: null }
  const record = recordOf(event.sites)
  const place = record && ({ kind: 'record', index: event.step, crc32: checksumOf(record) } as const)
  return { event: loggedProbe(event, place), record }
}
