/** Writes the logs of a run anew in this format. */
import type { LoggedEvent, LoggedProbe, SiteProbe } from '../../protocol/run-events.ts'
import type { LoggedUpTo } from '../../protocol/run-record.ts'
import { breathe } from '../breathe.ts'
import { crcOf } from './blobs.ts'
import { lineOf } from './log.ts'
import { checksumOf, packUnits, type UnitsLayout } from './units.ts'

/** Where the units of a run's probes are now. */
export interface UnitsOf {
  /** The sites of the run's first start event. */
  readonly layout: UnitsLayout
  /** Those of a probe; null for a probe that has none in the new logs. */
  readonly read: (probe: LoggedProbe) => Promise<readonly SiteProbe[] | null>
}

/** The contents of events.jsonl and of units.bin. */
export interface Logs {
  readonly events: Blob
  readonly units: Blob
}

/** How far the logs of a state that lies at their end belong to it. */
export const upTo = async ({ events, units }: Logs): Promise<LoggedUpTo> => ({
  events: events.size,
  units: units.size,
  crc32: await crcOf(events),
})

/** The line of a probe, and its record where one holds its units without loss; else the line has them, as in format 1. */
async function probeParts(
  probe: Extract<LoggedEvent, { type: 'probe' }>,
  { layout, read }: UnitsOf,
  index: number,
): Promise<readonly [line: string, record: Uint8Array<ArrayBuffer> | null]> {
  const sites = probe.units && (await read(probe))
  if (!sites) return [lineOf({ ...probe, units: null }), null]
  const record = packUnits(layout, sites)
  if (record) return [lineOf({ ...probe, units: { kind: 'record', index, crc32: checksumOf(record) } }), record]
  const { units: _, ...rest } = probe
  return [`${JSON.stringify({ ...rest, sites })}\n`, null]
}

/** Characters that are collected before the page handles its events. */
const pieceLength = 2 ** 18

/** The logs with these events. Rejects where units cannot be read. */
export async function rewritten(
  events: AsyncIterable<LoggedEvent> | Iterable<LoggedEvent>,
  units: UnitsOf,
): Promise<Logs> {
  const [lines, records]: [Blob[], Blob[]] = [[], []]
  let text = ''
  for await (const event of events) {
    const [line, record] =
      event.type === 'probe' ? await probeParts(event, units, records.length) : [lineOf(event), null]
    text += line
    if (record) records.push(new Blob([record]))
    if (text.length < pieceLength && !record) continue
    lines.push(new Blob([text]))
    text = ''
    await breathe()
  }
  return { events: new Blob([...lines, text]), units: new Blob(records) }
}
