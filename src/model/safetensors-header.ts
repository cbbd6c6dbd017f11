/**
 * Checks the header of a safetensors file as strictly as the format's own library: text in UTF-8, no name twice, metadata of
 * texts, and tensors that fill the file without gaps or overlaps.
 */
import { bitsOf, type Dtype, isDtype } from './dtypes.ts'

/** Thrown for a file that is not a safetensors file. */
export class SafetensorsError extends Error {
  override name = 'SafetensorsError'
}

export interface TensorPlace {
  readonly name: string
  readonly dtype: Dtype
  readonly shape: readonly number[]
  /** In bytes behind the header. */
  readonly from: number
  readonly to: number
}

export interface Header {
  readonly tensors: readonly TensorPlace[]
  readonly metadata: Readonly<Record<string, string>>
  /** Bytes before the first tensor. */
  readonly length: number
}

/** The limit of the format's own library. */
const longest = 100_000_000

/** A name for a message. */
const shortened = (name: string) => (name.length > 100 ? `${name.slice(0, 100)}…` : name)

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The place behind the text in quotes that begins at `start`. */
function behindText(json: string, start: number): number {
  for (let at = start + 1; ; at++) {
    if (json[at] === '\\') at++
    else if (json[at] === '"') return at + 1
  }
}

/** Whether only white space is between a place and a colon. */
function isBeforeColon(json: string, place: number): boolean {
  let at = place
  while (json[at] === ' ' || json[at] === '\n' || json[at] === '\r' || json[at] === '\t') at++
  return json[at] === ':'
}

/** A name that stands twice in one object of a valid JSON text, which JSON.parse ignores; null without one. */
function doubledName(json: string): string | null {
  const objects: Set<string>[] = []
  let at = 0
  while (at < json.length) {
    const start = at++
    if (json[start] === '{') objects.push(new Set())
    else if (json[start] === '}') objects.pop()
    else if (json[start] === '"') {
      at = behindText(json, start)
      if (!isBeforeColon(json, at)) continue
      const name: string = JSON.parse(json.slice(start, at))
      const names = objects.at(-1)
      if (names?.has(name)) return name
      names?.add(name)
    }
  }
  return null
}

function jsonOf(bytes: Uint8Array): Record<string, unknown> {
  let value: unknown
  let text = ''
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    value = JSON.parse(text)
  } catch (cause) {
    throw new SafetensorsError('not a safetensors file: its header is not JSON', { cause })
  }
  if (!isObject(value)) throw new SafetensorsError('not a safetensors file: its header is not a JSON object')
  const doubled = doubledName(text)
  if (doubled !== null) throw new SafetensorsError(`damaged: its header has the name ${shortened(doubled)} twice`)
  return value
}

function metadataOf(value: unknown): Readonly<Record<string, string>> {
  if (value === undefined || value === null) return {}
  if (!isObject(value)) throw new SafetensorsError('damaged: its metadata is not a JSON object')
  const other = Object.entries(value).find(([, text]) => typeof text !== 'string')
  if (other) throw new SafetensorsError(`damaged: its metadata ${shortened(other[0])} is not a text`)
  return value as Record<string, string>
}

function placeOf(name: string, value: unknown, body: number): TensorPlace {
  const shown = shortened(name)
  const { dtype, shape, data_offsets: offsets } = isObject(value) ? value : ({} as Record<string, unknown>)
  if (!isDtype(dtype))
    throw new SafetensorsError(
      `unknown dtype of tensor ${shown}: ${typeof dtype === 'string' ? JSON.stringify(shortened(dtype)) : 'it is no text'}`,
    )
  const isShape = Array.isArray(shape) && shape.every(isCount)
  const isRange = Array.isArray(offsets) && offsets.length === 2 && offsets.every(isCount)
  if (!isShape || !isRange) throw new SafetensorsError(`invalid header of tensor ${shown}`)
  const [from, to] = offsets as [number, number]
  const bits = (shape as number[]).reduce((a, b) => a * b, bitsOf[dtype])
  if (8 * (to - from) !== bits)
    throw new SafetensorsError(`size of tensor ${shown} does not match its shape [${shortened(shape.join(', '))}]`)
  if (to > body) throw new SafetensorsError(`the file is truncated: tensor ${shown} ends at byte ${to} of ${body}`)
  return { name, dtype, shape: shape as number[], from, to }
}

/** Throws where tensors overlap, or where bytes belong to no tensor. */
function requireFilled(places: readonly TensorPlace[], body: number): void {
  const sorted = [...places].sort((a, b) => a.from - b.from || a.to - b.to)
  let end = 0
  for (const { name, from, to } of sorted) {
    if (from < end) throw new SafetensorsError(`damaged: tensor ${shortened(name)} overlaps another one`)
    if (from > end)
      throw new SafetensorsError(`damaged: ${from - end} bytes before tensor ${shortened(name)} belong to no tensor`)
    end = to
  }
  if (end < body) throw new SafetensorsError(`damaged: ${body - end} bytes behind the last tensor belong to no tensor`)
}

const startsWith = (bytes: Uint8Array, ...start: readonly number[]) => start.every((byte, i) => bytes[i] === byte)

/** What a file is that is no safetensors file, as far as its first bytes tell. */
function kindText(bytes: Uint8Array): string {
  // Headers of 640, 896 … bytes also begin with 0x80 and a small number, but zeros follow.
  const isPickle = startsWith(bytes, 0x80) && bytes[1] >= 2 && bytes[1] <= 5 && bytes[2] > 0
  if (isPickle || startsWith(bytes, 0x50, 0x4b, 3, 4))
    return 'it is a PyTorch file; save its weights with save_file(model.state_dict(), "weights.safetensors") of safetensors.torch'
  const text = new TextDecoder().decode(bytes.subarray(0, 60))
  if (text.startsWith('version https://git-lfs')) return 'it is a pointer of Git LFS; fetch the file with git lfs pull'
  return ''
}

function refusal(bytes: Uint8Array): string {
  const kind = kindText(bytes)
  return kind === '' ? 'not a safetensors file, or a truncated one' : `not a safetensors file: ${kind}`
}

/** Parses and checks the header of a file. Throws SafetensorsError, whose message names the problem. */
export function headerOf(bytes: Uint8Array): Header {
  const length = bytes.length < 8 ? -1 : Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true))
  if (length < 2 || length > Math.min(bytes.length - 8, longest)) throw new SafetensorsError(refusal(bytes))
  const header = jsonOf(bytes.subarray(8, 8 + length))
  const body = bytes.length - 8 - length
  const metadata = metadataOf(Object.hasOwn(header, '__metadata__') ? header.__metadata__ : undefined)
  const tensors = Object.entries(header).flatMap(([name, value]) =>
    name === '__metadata__' ? [] : [placeOf(name, value, body)],
  )
  requireFilled(tensors, body)
  return { tensors, metadata, length: 8 + length }
}
