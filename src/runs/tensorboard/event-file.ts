/**
 * Writes a run's events as a TensorBoard event file: TFRecords of the messages Event, Summary and HistogramProto
 * (tensorboard/compat/proto). A file depends on nothing but the events and their units.
 */

import { joined } from '../../joined.ts'
import type { LoggedRun } from '../logged.ts'
import type { Histogram } from './histogram.ts'
import { bytesField, doubleField, doublesField, floatField, integerField, textField } from './protobuf.ts'
import { tfRecord } from './record.ts'
import { type Summary, summariesOf } from './summaries.ts'

/** TensorBoard reads files whose names contain `tfevents`. */
export const eventFileName = 'events.out.tfevents.0.selectivity-lab'

/** Numbers of the fields in the messages' definitions. */
const eventFields = { wallTime: 1, step: 2, fileVersion: 3, summary: 5 } as const
const summaryValue = 1
const valueFields = { tag: 1, scalar: 2, histogram: 5 } as const
const histogramFields = { min: 1, max: 2, count: 3, sum: 4, sumOfSquares: 5, limits: 6, counts: 7 } as const

const histogramParts = ({ min, max, count, sum, sumOfSquares, limits, counts }: Histogram): Uint8Array[] => [
  doubleField(histogramFields.min, min),
  doubleField(histogramFields.max, max),
  doubleField(histogramFields.count, count),
  doubleField(histogramFields.sum, sum),
  doubleField(histogramFields.sumOfSquares, sumOfSquares),
  doublesField(histogramFields.limits, limits),
  doublesField(histogramFields.counts, counts),
]

const valueField = (summary: Summary): Uint8Array =>
  bytesField(
    summaryValue,
    textField(valueFields.tag, summary.tag),
    'scalar' in summary
      ? floatField(valueFields.scalar, summary.scalar)
      : bytesField(valueFields.histogram, ...histogramParts(summary.histogram)),
  )

/** The first record of every event file. */
const versionRecord = () =>
  tfRecord(joined([doubleField(eventFields.wallTime, 0), textField(eventFields.fileVersion, 'brain.Event:2')]))

/** `time` is in milliseconds, TensorBoard's wall time in seconds. */
function summaryRecord({ time, step }: { time: number; step: number }, summaries: readonly Summary[]) {
  if (!Number.isSafeInteger(step))
    throw new RangeError(`invalid step in events.jsonl: ${step}; a step is a whole number`)
  return tfRecord(
    joined([
      doubleField(eventFields.wallTime, time / 1000),
      integerField(eventFields.step, step),
      bytesField(eventFields.summary, ...summaries.map(valueField)),
    ]),
  )
}

/** What an event file contains so far. */
export interface Tally {
  scalars: number
  histograms: number
}

/** Bytes that are collected before they are written. */
const pieceBytes = 2 ** 18

/**
 * The event file in pieces of about 256 KiB; counts its contents in `tally`. Rejects with RangeError for an event whose
 * step is not a whole number, and where units cannot be read.
 */
export async function* eventFile(
  { events, units }: LoggedRun,
  tally: Tally = { scalars: 0, histograms: 0 },
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let records = [versionRecord()]
  let bytes = 0
  for await (const event of events()) {
    const sites = event.type === 'probe' ? await units(event) : null
    const summaries = summariesOf(event, sites ?? [])
    if (event.type === 'start' || summaries.length === 0) continue
    const histograms = summaries.filter((summary) => 'histogram' in summary).length
    tally.histograms += histograms
    tally.scalars += summaries.length - histograms
    const record = summaryRecord(event, summaries)
    records.push(record)
    bytes += record.length
    if (bytes < pieceBytes) continue
    yield joined(records)
    records = []
    bytes = 0
  }
  yield joined(records)
}
