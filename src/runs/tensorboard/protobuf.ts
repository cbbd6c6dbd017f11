/** Encodes fields of protocol buffer messages: only the types that event files use. A message is its fields, joined. */

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

export function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

/** A whole number from 0. Throws RangeError for others. */
export const integerField = (field: number, value: number): Uint8Array =>
  Uint8Array.from([...key(field, wire.varint), ...varint(value)])

export function doubleField(field: number, value: number): Uint8Array {
  const head = key(field, wire.eightBytes)
  const bytes = new Uint8Array(head.length + 8)
  bytes.set(head)
  new DataView(bytes.buffer).setFloat64(head.length, value, true)
  return bytes
}

export function floatField(field: number, value: number): Uint8Array {
  const head = key(field, wire.fourBytes)
  const bytes = new Uint8Array(head.length + 4)
  bytes.set(head)
  new DataView(bytes.buffer).setFloat32(head.length, value, true)
  return bytes
}

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
