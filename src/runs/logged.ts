/** From the events of the training loop to those of a run's log, which have means of sites instead of units. */
import type {
  LoggedEvent,
  LoggedProbe,
  ProbeEvent,
  RecordedEvent,
  SiteProbe,
  SiteSummary,
  UnitsPlace,
} from '../protocol/run-events.ts'
import { recordOf } from './units/record.ts'
import type { UnitsSource } from './units/source.ts'

// JSON stores NaN as null, which a sum would take for 0.
const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + (value ?? Number.NaN), 0) / values.length

export const summaryOf = ({ site, module, selectivity, floor, dead }: SiteProbe): SiteSummary => ({
  site,
  module,
  units: selectivity.length,
  selectivity: mean(selectivity),
  floor: mean(floor),
  dead: dead.reduce((sum, value) => sum + value, 0),
})

export const loggedProbe = <P extends ProbeEvent>(
  { sites, ...rest }: P,
  units: UnitsPlace | null,
): Omit<P, 'sites'> & Pick<LoggedProbe, 'sites' | 'units'> => ({ ...rest, sites: sites.map(summaryOf), units })

/** The event as the log has it, and the record of a probe's units, which are beside the log. */
export function logged(event: LoggedEvent | RecordedEvent): { event: LoggedEvent; record: Uint8Array | null } {
  if (event.type !== 'probe' || 'units' in event) return { event, record: null }
  if (event.sites.length === 0) return { event: loggedProbe(event, null), record: null }
  return {
    event: loggedProbe(event, { kind: 'record', index: event.step, crc32: 0 }),
    record: recordOf(event.sites),
  }
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
