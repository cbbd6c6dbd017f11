/** The constants of a step, packed into one buffer. */
import type { RecordedBuffer } from './command.ts'

export interface Constants {
  readonly buffer: GPUBuffer
  /** Number of the recorded buffer → offset in bytes. */
  readonly offsets: ReadonlyMap<number, number>
}

interface Packed {
  readonly offsets: Map<number, number>
  readonly pieces: readonly { readonly offset: number; readonly contents: Uint8Array }[]
  readonly bytes: number
}

/** Gives every used constant an offset; equal small ones share it. */
function pack(buffers: readonly RecordedBuffer[], used: ReadonlySet<number>, alignment: number): Packed {
  const offsets = new Map<number, number>()
  const known = new Map<string, number>()
  const pieces: { offset: number; contents: Uint8Array }[] = []
  let bytes = 0
  for (const b of used) {
    const { contents } = buffers[b]
    if (!contents) continue
    const key = contents.length <= 1024 ? contents.join() : `${b}`
    const offset = known.get(key) ?? bytes
    offsets.set(b, offset)
    if (known.has(key)) continue
    known.set(key, offset)
    pieces.push({ offset, contents })
    bytes += Math.ceil(contents.length / alignment) * alignment
  }
  return { offsets, pieces, bytes }
}

/** Uploads the constants among the used buffers. */
export function uploadConstants(
  device: GPUDevice,
  buffers: readonly RecordedBuffer[],
  used: ReadonlySet<number>,
): Constants {
  const { minStorageBufferOffsetAlignment, minUniformBufferOffsetAlignment } = device.limits
  const alignment = Math.max(minStorageBufferOffsetAlignment, minUniformBufferOffsetAlignment)
  const { offsets, pieces, bytes } = pack(buffers, used, alignment)
  const { STORAGE, UNIFORM, COPY_SRC, COPY_DST } = GPUBufferUsage
  const buffer = device.createBuffer({
    size: Math.max(bytes, alignment),
    usage: STORAGE | UNIFORM | COPY_SRC | COPY_DST,
    mappedAtCreation: true,
  })
  const range = new Uint8Array(buffer.getMappedRange())
  for (const { offset, contents } of pieces) range.set(contents, offset)
  buffer.unmap()
  return { buffer, offsets }
}
