/**
 * Opens recorded runs of a ResNet-50 in this process: `runs.ts OPTIONS`; prints seconds and bytes as JSON. The runs are made
 * up, in the present format and in format 1, where a probe's units are in its line of the log.
 */
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readFolder } from '../src/cli/run-disk.ts'
import type { LoggedProbe, ProbeEvent } from '../src/protocol/run-events.ts'
import { lineOf, loggedProbe } from '../src/runs/format/log.ts'
import { openRunReader } from '../src/runs/format/reader.ts'
import { checksumOf, packUnits } from '../src/runs/format/units.ts'
import { append, createRun } from '../src/runs/reduce.ts'
import { createUnitHistory } from '../src/runs/units/history.ts'
import { createStoredUnits } from '../src/runs/units/stored.ts'
import { startEvent, stepEvent } from '../src/testing/events.ts'
import { madeProbe, resnet50Sites } from '../src/testing/probes.ts'

interface Options {
  readonly probes: number
  /** Steps between two probes. */
  readonly steps: number
}

interface Opened {
  readonly format: 1 | 2
  readonly bytesPerProbe: number
  readonly bytes: number
  /** Reading every event into the run that charts are made from. */
  readonly openSeconds: number
  /** Resident memory at its end, and at the most, above that of the process before. */
  readonly memory: number
  readonly peak: number
  /** All units of one probe. */
  readonly probeSeconds: number
  /** One unit at every probe. */
  readonly unitSeconds: number
}

/** Writes a run and returns the bytes of its files. */
function writeRun(folder: string, format: 1 | 2, { probes, steps }: Options): { bytes: number; bytesPerProbe: number } {
  const [log, units] = ['events.jsonl', 'units.bin'].map((name) => openSync(join(folder, name), 'w'))
  const put = (line: string) => writeSync(log, line)
  put(lineOf({ ...startEvent, sites: resnet50Sites.slice(), time: 0 }))
  let ofProbes = 0
  for (let i = 0; i < probes; i++) {
    const probe: ProbeEvent = madeProbe(resnet50Sites, i * steps, i)
    const record = packUnits(resnet50Sites, probe.sites)
    if (!record) throw new Error('a probe has no record')
    if (format === 2) writeSync(units, record)
    const place = { kind: 'record', index: i, crc32: checksumOf(record) } as const
    const line =
      format === 2 ? lineOf({ ...loggedProbe(probe, place), time: i }) : `${JSON.stringify({ ...probe, time: i })}\n`
    put(line)
    ofProbes += line.length + (format === 2 ? record.length : 0)
    for (let step = 1; step <= steps; step++) put(lineOf(stepEvent(i * steps + step, i)))
  }
  for (const file of [log, units]) closeSync(file)
  const bytes = ['events.jsonl', 'units.bin'].reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
  return { bytes, bytesPerProbe: Math.round(ofProbes / probes) }
}

const rss = () => process.memoryUsage.rss()

/** Does `work` and returns its result with the seconds it took. */
async function timed<T>(work: () => Promise<T>): Promise<{ result: T; seconds: number }> {
  const began = performance.now()
  const result = await work()
  return { result, seconds: (performance.now() - began) / 1000 }
}

const collect = () => globalThis.gc?.()

async function open(folder: string, format: 1 | 2, written: ReturnType<typeof writeRun>): Promise<Opened> {
  const files = readFolder(folder)
  const stored = createStoredUnits(files)
  const run = createRun('a', stored)
  collect()
  const before = rss()
  let peak = before
  const { seconds: openSeconds } = await timed(async () => {
    const reader = await openRunReader(files, 'a')
    for await (const event of reader.events()) {
      append(run, event)
      if (event.type === 'probe') peak = Math.max(peak, rss())
    }
  })
  collect()
  const memory = rss() - before
  const last = run.probes.at(-1) as LoggedProbe
  const probe = await timed(() => stored.read(last))
  if (probe.result?.length !== resnet50Sites.length) throw new Error('a probe has not all sites')
  const name = { site: 'layer3.0', unit: 7 }
  const unit = await timed(() => createUnitHistory(stored).read(run.probes, name))
  if (unit.result.length !== run.probes.length) throw new Error('a unit has not all probes')
  const seconds = { openSeconds, probeSeconds: probe.seconds, unitSeconds: unit.seconds }
  return { format, ...written, ...seconds, memory, peak: peak - before }
}

const options = JSON.parse(process.argv[2]) as Options
const home = mkdtempSync(join(tmpdir(), 'selectivity-lab-bench-'))
try {
  const opened: Opened[] = []
  for (const format of [2, 1] as const) {
    const folder = mkdtempSync(join(home, 'run-'))
    opened.push(await open(folder, format, writeRun(folder, format, options)))
    rmSync(folder, { recursive: true })
  }
  process.stdout.write(`${JSON.stringify({ ...options, opened })}\n`)
} finally {
  rmSync(home, { recursive: true, force: true })
}
