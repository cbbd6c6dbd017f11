/** Reads and writes the safetensors format: 8 bytes of header length, a JSON header, the tensors' bytes; little-endian. */
import { type Dtype, widened } from './dtypes.ts'
import { headerOf } from './safetensors-header.ts'

export interface StoredTensor {
  readonly dtype: Dtype
  readonly shape: readonly number[]
  /** The bytes as stored, for types other than F32, I32 and I64. */
  readonly data: Float32Array | Int32Array | BigInt64Array | Uint8Array
}

export interface TensorFile {
  readonly tensors: ReadonlyMap<string, StoredTensor>
  readonly metadata: Readonly<Record<string, string>>
}

function view(dtype: Dtype, bytes: Uint8Array): StoredTensor['data'] {
  if (dtype !== 'F32' && dtype !== 'I32' && dtype !== 'I64')
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  // A copy, since offsets in the file need not be aligned to the element size. (Node's Buffer.slice would not copy.)
  const { buffer } = new Uint8Array(bytes)
  if (dtype === 'F32') return new Float32Array(buffer)
  return dtype === 'I32' ? new Int32Array(buffer) : new BigInt64Array(buffer)
}

/** Parses a file. Throws SafetensorsError, whose message names the problem. */
export function parseSafetensors(bytes: Uint8Array): TensorFile {
  const { tensors, metadata, length } = headerOf(bytes)
  return {
    tensors: new Map(
      tensors.map(({ name, dtype, shape, from, to }) => [
        name,
        { dtype, shape, data: view(dtype, bytes.subarray(length + from, length + to)) },
      ]),
    ),
    metadata,
  }
}

/** The values of a tensor as 32-bit floats; null for a type that is no float of 16, 32 or 64 bits. */
export const floatsOf = ({ dtype, data }: StoredTensor): Float32Array | null =>
  data instanceof Float32Array ? data : data instanceof Uint8Array ? widened(dtype, data) : null

/** Writes a file with the tensors in the map's order, so that the same map gives the same bytes. */
export function writeSafetensors({ tensors, metadata }: TensorFile): Uint8Array<ArrayBuffer> {
  let at = 0
  // Without a prototype, so that a tensor may have any name.
  const header: Record<string, unknown> = Object.create(null)
  if (Object.keys(metadata).length > 0) header.__metadata__ = metadata
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
