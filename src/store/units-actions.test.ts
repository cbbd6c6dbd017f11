import { expect, test } from 'vitest'
import type { LoggedEvent } from '../protocol/run-events.ts'
import { recordBytes } from '../runs/format/units.ts'
import type { GrowingRun } from '../runs/reduce.ts'
import { runningLab } from '../testing/lab.ts'
import { toySites } from '../testing/probes.ts'
import { countedFiles, probesOf, readerOf, storedRun } from '../testing/stored-run.ts'

const end: LoggedEvent = { type: 'end', step: 20, epoch: 2, reason: 'finished', message: '', advice: '', time: 99 }
const made = { layout: toySites, probes: 2 }
const bytes = recordBytes(toySites)

/** A lab whose worker posts the events of the stored run, with the records of its probes. */
async function trained() {
  const files = storedRun(made)
  const records = await files.read('units.bin')
  const { lab, series, answer } = runningLab()
  for await (const event of (await readerOf(files)).events()) {
    const place = event.type === 'probe' ? event.units : null
    const at = place?.kind === 'record' ? place.index * bytes : 0
    const units = place
      ? new Uint8Array((await records?.slice(at, at + bytes).arrayBuffer()) ?? new ArrayBuffer())
      : undefined
    answer({ type: 'event', event, units })
  }
  const run = series.current() as GrowingRun
  return { lab, run, files, finish: () => answer({ type: 'event', event: end }) }
}

test('the units of an ended run leave the memory once its files have them', async () => {
  const { lab, run, files, finish } = await trained()
  expect(await lab.readUnitsFrom(run.id, files)).toBe(false)
  finish()
  expect(run.units.bytes()).toBe(2 * bytes)
  const log = (await files.read('events.jsonl')) ?? ''
  const first = (await files.read('units.bin'))?.slice(0, bytes) ?? ''
  for (const lacking of [new Map(), new Map([['events.jsonl', log]]), new Map([['units.bin', first]])])
    expect(await lab.readUnitsFrom(run.id, countedFiles(lacking))).toBe(false)
  expect(run.units.bytes()).toBe(2 * bytes)
  expect(await lab.readUnitsFrom(run.id, files)).toBe(true)
  expect(run.units.bytes()).toBe(0)
  expect(await run.units.read(run.probes[1])).toEqual(probesOf(made)[1].sites)
})
