/**
 * Reads TensorBoard event files, for tests. Written from the published formats alone (TFRecord, protocol buffers,
 * event.proto, summary.proto, histogram.proto) and shares no code with the writer.
 */

/** CRC-32C, bit by bit. */
export function castagnoli(bytes: Uint8Array): number {
  let remainder = 0xffffffffn
  for (const byte of bytes) {
    remainder ^= BigInt(byte)
    for (let bit = 0; bit < 8; bit++) remainder = (remainder >> 1n) ^ (remainder % 2n === 1n ? 0x82f63b78n : 0n)
  }
  return Number(remainder ^ 0xffffffffn)
}

function checked(bytes: Uint8Array, stored: number, what: string): void {
  const rotated = (stored - 0xa282ead8 + 2 ** 32) % 2 ** 32
  const crc = (rotated % 2 ** 17) * 2 ** 15 + Math.floor(rotated / 2 ** 17)
  if (crc !== castagnoli(bytes)) throw new Error(`the checksum of ${what} is wrong`)
}

/** The data of each record. Throws for a wrong checksum and for a truncated record. */
export function tfRecords(file: Uint8Array): Uint8Array[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const records: Uint8Array[] = []
  for (let at = 0; at < file.length; ) {
    if (at + 12 > file.length) throw new Error('a record is truncated')
    checked(file.subarray(at, at + 8), view.getUint32(at + 8, true), 'a length')
    const end = at + 12 + Number(view.getBigUint64(at, true))
    if (end + 4 > file.length) throw new Error('a record is truncated')
    const data = file.subarray(at + 12, end)
    checked(data, view.getUint32(end, true), 'data')
    records.push(data)
    at = end + 4
  }
  return records
}

type Value = number | Uint8Array

/** The fields of a message, by number: in order, repeated ones with several values. */
function fieldsOf(message: Uint8Array): Map<number, Value[]> {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength)
  const fields = new Map<number, Value[]>()
  let at = 0
  const varint = () => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = message[at++]
      if (byte === undefined) throw new Error('a message is truncated')
      value |= BigInt(byte & 127) << shift
      if (byte < 128) return Number(value)
    }
  }
  const take = (length: number) => {
    at += length
    if (at > message.length) throw new Error('a message is truncated')
    return at - length
  }
  const readers: Readonly<Record<number, () => Value>> = {
    0: varint,
    1: () => view.getFloat64(take(8), true),
    2: () => {
      const length = varint()
      const from = take(length)
      return message.subarray(from, from + length)
    },
    5: () => view.getFloat32(take(4), true),
  }
  while (at < message.length) {
    const key = varint()
    const value = readers[key % 8]()
    fields.set(key >> 3, [...(fields.get(key >> 3) ?? []), value])
  }
  return fields
}

const numberIn = (fields: Map<number, Value[]>, field: number) => Number(fields.get(field)?.at(-1) ?? 0)
const bytesIn = (fields: Map<number, Value[]>, field: number) =>
  fields.get(field)?.filter((v) => v instanceof Uint8Array)
const textIn = (fields: Map<number, Value[]>, field: number) => new TextDecoder().decode(bytesIn(fields, field)?.at(-1))

function doublesIn(fields: Map<number, Value[]>, field: number): number[] {
  const packed = bytesIn(fields, field)?.at(-1) ?? new Uint8Array(0)
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength)
  return Array.from({ length: packed.length / 8 }, (_, i) => view.getFloat64(i * 8, true))
}

export interface ReadHistogram {
  readonly min: number
  readonly max: number
  readonly num: number
  readonly sum: number
  readonly sumSquares: number
  readonly limits: readonly number[]
  readonly counts: readonly number[]
}

export interface ReadValue {
  readonly step: number
  readonly wallTime: number
  readonly tag: string
  readonly value: number | ReadHistogram
}

function histogramIn(bytes: Uint8Array): ReadHistogram {
  const fields = fieldsOf(bytes)
  const [min, max, num, sum, sumSquares] = [1, 2, 3, 4, 5].map((field) => numberIn(fields, field))
  return { min, max, num, sum, sumSquares, limits: doublesIn(fields, 6), counts: doublesIn(fields, 7) }
}

function valuesOf(event: Map<number, Value[]>): ReadValue[] {
  const [summary] = bytesIn(event, 5) ?? []
  if (!summary) return []
  return (bytesIn(fieldsOf(summary), 1) ?? []).map((bytes) => {
    const fields = fieldsOf(bytes)
    const [histogram] = bytesIn(fields, 5) ?? []
    const value = histogram ? histogramIn(histogram) : numberIn(fields, 2)
    return { step: numberIn(event, 2), wallTime: numberIn(event, 1), tag: textIn(fields, 1), value }
  })
}

/** Every scalar and histogram. Throws for a damaged file, and for one that does not begin with its version. */
export function readTfEvents(file: Uint8Array): ReadValue[] {
  const events = tfRecords(file).map(fieldsOf)
  const version = events.length > 0 ? textIn(events[0], 3) : ''
  if (version !== 'brain.Event:2') throw new Error(`unknown version: ${version}`)
  return events.slice(1).flatMap(valuesOf)
}
