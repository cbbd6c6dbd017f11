/** Folders of runs with units, in memory, which count the bytes that are read from them; for tests. */
import type { LoggedEvent, ProbeEvent, SiteProbe } from '../protocol/run-events.ts'
import { eventLine } from '../runs/files.ts'
import type { RunFiles } from '../runs/format/files.ts'
import { lineOf, loggedProbe } from '../runs/format/log.ts'
import { openRunReader, type RunReader } from '../runs/format/reader.ts'
import { checksumOf, packUnits, type UnitsLayout } from '../runs/format/units.ts'
import { startEvent, stepEvent } from './events.ts'
import { madeProbe } from './probes.ts'

export interface CountedFiles extends RunFiles {
  /** Bytes read of a file so far. */
  readonly bytesRead: (path: string) => number
}

/** A Blob that reports how many bytes are read from it. */
class CountedBlob extends Blob {
  readonly #count: (bytes: number) => void

  constructor(parts: BlobPart[], count: (bytes: number) => void) {
    super(parts)
    this.#count = count
  }

  override slice(start?: number, end?: number): Blob {
    return new CountedBlob([super.slice(start, end)], this.#count)
  }

  override arrayBuffer(): Promise<ArrayBuffer> {
    this.#count(this.size)
    return super.arrayBuffer()
  }

  override text(): Promise<string> {
    this.#count(this.size)
    return super.text()
  }

  override stream(): ReturnType<Blob['stream']> {
    this.#count(this.size)
    return super.stream()
  }
}

export function countedFiles(contents: ReadonlyMap<string, BlobPart>): CountedFiles {
  const counts = new Map<string, number>()
  return {
    read: async (path) => {
      const data = contents.get(path)
      const count = (bytes: number) => void counts.set(path, (counts.get(path) ?? 0) + bytes)
      return data === undefined ? null : new CountedBlob([data], count)
    },
    list: async () => [],
    bytesRead: (path) => counts.get(path) ?? 0,
  }
}

interface Made {
  readonly layout: UnitsLayout
  /** Probes, two epochs of ten steps apart. */
  readonly probes: number
  /** The units of every probe; made up where absent. */
  readonly sites?: readonly SiteProbe[]
  readonly more?: ReadonlyMap<string, BlobPart>
}

/** The probes of a run, in the order of its log. */
export const probesOf = ({ layout, probes, sites }: Made): ProbeEvent[] =>
  Array.from({ length: probes }, (_, i) => {
    const probe = madeProbe(sites ? layout.slice(0, 1) : layout, 10 * i, i)
    return { ...probe, sites: sites ?? probe.sites }
  })

const startOf = (layout: UnitsLayout): LoggedEvent => ({ ...startEvent, sites: layout.slice(), time: 0 })

/** A run of this format. */
export function storedRun(made: Made): CountedFiles {
  const own = probesOf(made)
  const record = (sites: readonly SiteProbe[]) => packUnits(made.layout, sites) as Uint8Array<ArrayBuffer>
  const same = made.sites && record(made.sites)
  const records = own.map(({ sites }) => same ?? record(sites))
  const events: LoggedEvent[] = own.flatMap((probe, index) => [
    { ...loggedProbe(probe, { kind: 'record', index, crc32: checksumOf(records[index]) }), time: 10 * index },
    ...Array.from({ length: 10 }, (_, i) => stepEvent(10 * index + i + 1, 10 * index + i + 1)),
  ])
  return countedFiles(
    new Map<string, BlobPart>([
      ['events.jsonl', [startOf(made.layout), ...events].map(lineOf).join('')],
      ['units.bin', new Blob(records)],
      ...(made.more ?? []),
    ]),
  )
}

/** A run of format 1: the lines of its probes have the units. */
export function storedRunOfFormat1(made: Made): CountedFiles {
  const lines = probesOf(made).map((probe) => eventLine({ ...probe, time: probe.step }))
  return countedFiles(new Map([['events.jsonl', lineOf(startOf(made.layout)) + lines.join('')]]))
}

export const readerOf = (files: RunFiles, name = 'mine'): Promise<RunReader> => openRunReader(files, name)
