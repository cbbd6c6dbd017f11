/** Reads and writes the safetensors format: 8 bytes of header length, a JSON header, the tensors' bytes; little-endian. */

export type Dtype = 'F32' | 'I32' | 'I64' | 'U8'

export interface StoredTensor {
  readonly dtype: Dtype
  readonly shape: readonly number[]
  readonly data: Float32Array | Int32Array | BigInt64Array | Uint8Array
}

export interface TensorFile {
  readonly tensors: ReadonlyMap<string, StoredTensor>
  readonly metadata: Readonly<Record<string, string>>
}

const bytesOf: Record<Dtype, number> = { F32: 4, I32: 4, I64: 8, U8: 1 }
const isDtype = (v: unknown): v is Dtype => typeof v === 'string' && Object.hasOwn(bytesOf, v)
const isCount = (v: unknown): v is number => Number.isSafeInteger(v) && (v as number) >= 0

/** Thrown for a file that is not a safetensors file, or that has an unsupported tensor. */
export class SafetensorsError extends Error {
  override name = 'SafetensorsError'
}

function view(dtype: Dtype, bytes: Uint8Array): StoredTensor['data'] {
  // A copy, since offsets in the file need not be aligned to the element size. (Node's Buffer.slice would not copy.)
  const { buffer } = new Uint8Array(bytes)
  if (dtype === 'F32') return new Float32Array(buffer)
  if (dtype === 'I32') return new Int32Array(buffer)
  if (dtype === 'I64') return new BigInt64Array(buffer)
  return new Uint8Array(buffer)
}

function entry(name: string, value: unknown, body: Uint8Array): StoredTensor {
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Record<string, unknown>
  if (!isDtype(dtype))
    throw new SafetensorsError(`unsupported dtype of tensor ${name}: ${String(dtype)} (have F32, I32, I64, U8)`)
  const ok =
    Array.isArray(shape) &&
    shape.every(isCount) &&
    Array.isArray(offsets) &&
    offsets.length === 2 &&
    offsets.every(isCount)
  if (!ok) throw new SafetensorsError(`invalid header of tensor ${name}`)
  const [from, to] = offsets as [number, number]
  const size = (shape as number[]).reduce((a, b) => a * b, 1)
  if (to - from !== size * bytesOf[dtype])
    throw new SafetensorsError(`size of tensor ${name} does not match its shape [${shape}]`)
  if (to > body.length)
    throw new SafetensorsError(`the file is truncated: tensor ${name} ends at byte ${to} of ${body.length}`)
  return { dtype, shape: shape as number[], data: view(dtype, body.subarray(from, to)) }
}

function headerOf(bytes: Uint8Array): { header: Record<string, unknown>; body: Uint8Array } {
  const length = bytes.length < 8 ? -1 : Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true))
  if (length < 2 || length > bytes.length - 8) throw new SafetensorsError('not a safetensors file, or a truncated one')
  try {
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)))
    return { header, body: bytes.subarray(8 + length) }
  } catch (cause) {
    throw new SafetensorsError('not a safetensors file: its header is not JSON', { cause })
  }
}

/** Parses a file. Throws SafetensorsError, whose message names the problem. */
export function parseSafetensors(bytes: Uint8Array): TensorFile {
  const { header, body } = headerOf(bytes)
  const { __metadata__: metadata = {}, ...rest } = header
  return {
    tensors: new Map(Object.entries(rest).map(([name, value]) => [name, entry(name, value, body)])),
    metadata: metadata as Record<string, string>,
  }
}

/** Writes a file with the tensors in the map's order, so that the same map gives the same bytes. */
export function writeSafetensors({ tensors, metadata }: TensorFile): Uint8Array<ArrayBuffer> {
  let at = 0
  const header: Record<string, unknown> = Object.keys(metadata).length ? { __metadata__: metadata } : {}
  for (const [name, { dtype, shape, data }] of tensors) {
    header[name] = { dtype, shape, data_offsets: [at, at + data.byteLength] }
    at += data.byteLength
  }
  const text = new TextEncoder().encode(JSON.stringify(header))
  const padded = Math.ceil(text.length / 8) * 8
  const file = new Uint8Array(8 + padded + at).fill(32, 8, 8 + padded)
  new DataView(file.buffer).setBigUint64(0, BigInt(padded), true)
  file.set(text, 8)
  let offset = 8 + padded
  for (const { data } of tensors.values()) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset)
    offset += data.byteLength
  }
  return file
}
