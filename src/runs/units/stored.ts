/** The units in a run's folder: parts of records of units.bin, or in records of format 1 whole lines of events.jsonl. */
import type { LoggedProbe, UnitsPlace } from '../../protocol/run-events.ts'
import { breathe } from '../breathe.ts'
import type { RunFiles } from '../format/files.ts'
import { logName, unitsOfLine } from '../format/log.ts'
import { checksumOf, recordBytes, recordOf, unitsName } from '../format/units.ts'
import { createCache } from './cache.ts'
import { UnitsError, type UnitsSource, unitsIn } from './source.ts'

/** A line of format 1 has to be parsed as a whole, so that its units stay packed: bytes that they may hold together. */
const mostPacked = 64 * 2 ** 20

type ReadRange = (file: string, from: number, to: number) => Promise<Uint8Array>

/**
 * Reads ranges of files that may grow. A browser refuses to read a Blob of a file that has changed since; then, and where the
 * file was shorter, it is opened again once.
 */
function rangeReader(files: RunFiles): ReadRange {
  const opened = new Map<string, Promise<Blob | null>>()
  const open = (file: string, again: boolean) => {
    const known = again ? undefined : opened.get(file)
    const blob = known ?? files.read(file)
    opened.set(file, blob)
    return blob
  }
  const attempt = async (file: string, from: number, to: number, again: boolean) => {
    const blob = await open(file, again)
    if (!blob) throw new UnitsError(`${file} is missing`)
    if (blob.size < to) throw new UnitsError(`${file} is too short: it has ${blob.size} bytes instead of ${to} or more`)
    return new Uint8Array(await blob.slice(from, to).arrayBuffer())
  }
  return (file, from, to) => attempt(file, from, to, false).catch(() => attempt(file, from, to, true))
}

/** The record of a probe whose line of events.jsonl has its units. */
async function recordOfLine(
  read: ReadRange,
  { at, bytes }: UnitsPlace & { kind: 'line' },
  { step, sites }: LoggedProbe,
) {
  const line = await read(logName, at, at + bytes)
  // Parsing a line of 15,104 units takes about 10 ms.
  await breathe()
  const probe = unitsOfLine(line)
  if (probe.step !== step) throw new UnitsError(`${logName} has another probe at byte ${at}; open the run again`)
  const record = recordOf(probe.sites)
  if (record?.length !== recordBytes(sites))
    throw new UnitsError(`${logName} has other units at byte ${at}; open the run again`)
  return record
}

/** Reads a record once, before the first of its parts, and compares its checksum: a part has none. */
function recordCheck(read: ReadRange) {
  const checked = new Map<string, Promise<void>>()
  const check = async ({ index, crc32 }: UnitsPlace & { kind: 'record' }, bytes: number) => {
    const record = await read(unitsName, index * bytes, (index + 1) * bytes)
    if (checksumOf(record) !== crc32)
      throw new UnitsError(`they are damaged in ${unitsName}: their checksum is another`)
  }
  return (place: UnitsPlace & { kind: 'record' }, bytes: number): Promise<void> => {
    const key = `${place.index} ${place.crc32}`
    const checking = checked.get(key) ?? check(place, bytes)
    checked.set(key, checking)
    // The file may be whole again at the next attempt.
    checking.catch(() => checked.delete(key))
    return checking
  }
}

/** Says which probe cannot be read. */
const named = (step: number) => (error: unknown) => {
  const reason = error instanceof Error ? error.message : String(error)
  throw new UnitsError(`The units at step ${step} cannot be read: ${reason}.`)
}

/** Reads from the run's files as they are at the time. */
export function createStoredUnits(files: RunFiles): UnitsSource {
  const read = rangeReader(files)
  const check = recordCheck(read)
  const lines = createCache<Promise<Uint8Array>>(mostPacked, ({ byteLength }) => byteLength)
  const bytesOf = async (probe: LoggedProbe, at: number, bytes: number): Promise<Uint8Array | null> => {
    const { units: place, sites } = probe
    if (!place) return null
    if (place.kind === 'record') {
      const whole = recordBytes(sites)
      if (bytes < whole) await check(place, whole)
      const from = place.index * whole + at
      return read(unitsName, from, from + bytes)
    }
    const record = await lines.get(String(place.at), () => recordOfLine(read, place, probe))
    return record.subarray(at, at + bytes)
  }
  return unitsIn((probe, at, bytes) => bytesOf(probe, at, bytes).catch(named(probe.step)))
}
