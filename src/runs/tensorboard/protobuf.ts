/** Encodes fields of protocol buffer messages: only the types that event files use. A message is its fields, joined. */
import { joined } from '../../joined.ts'

/** How a field's value is stored, in the low bits of its key. */
const wire = { varint: 0, eightBytes: 1, lengthFirst: 2, fourBytes: 5 } as const

/** Seven bits a byte, the lowest first. Throws RangeError unless `value` is a whole number from 0. */
function varint(value: number): number[] {
  if (!Number.isSafeInteger(value) || value < 0)
    throw new RangeError(`invalid value: ${value}; use a whole number from 0`)
  const bytes: number[] = []
  let rest = value
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128)
  bytes.push(rest)
  return bytes
}

const key = (field: number, type: number): number[] => varint(field * 8 + type)

/** A whole number from 0. Throws RangeError for others. */
export const integerField = (field: number, value: number): Uint8Array =>
  Uint8Array.from([...key(field, wire.varint), ...varint(value)])

/** A number of `size` bytes, which `write` puts at a position. */
function fixedField(
  field: number,
  type: number,
  size: number,
  write: (view: DataView, at: number) => void,
): Uint8Array {
  const head = key(field, type)
  const bytes = new Uint8Array(head.length + size)
  bytes.set(head)
  write(new DataView(bytes.buffer), head.length)
  return bytes
}

export const doubleField = (field: number, value: number): Uint8Array =>
  fixedField(field, wire.eightBytes, 8, (view, at) => view.setFloat64(at, value, true))

export const floatField = (field: number, value: number): Uint8Array =>
  fixedField(field, wire.fourBytes, 4, (view, at) => view.setFloat32(at, value, true))

/** Bytes, or the joined fields of an inner message. */
export const bytesField = (field: number, ...parts: readonly Uint8Array[]): Uint8Array => {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  return joined([Uint8Array.from([...key(field, wire.lengthFirst), ...varint(length)]), ...parts])
}

const encoder = new TextEncoder()

export const textField = (field: number, text: string): Uint8Array => bytesField(field, encoder.encode(text))

/** Packed doubles. */
export function doublesField(field: number, values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 8)
  const view = new DataView(bytes.buffer)
  for (const [i, value] of values.entries()) view.setFloat64(i * 8, value, true)
  return bytesField(field, bytes)
}
