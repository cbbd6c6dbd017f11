/** Unpacks zlib streams with the host's decoder, which checks their checksum. */
import { joined } from '../../joined.ts'

/** Unpacks `packed`, but stops after `most` bytes. Null for a damaged or incomplete stream. */
export async function inflated(packed: Uint8Array, most: number): Promise<Uint8Array | null> {
  const stream = new Blob([packed as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new DecompressionStream('deflate'))
  const reader = stream.getReader()
  const parts: Uint8Array[] = []
  try {
    for (let left = most; left > 0; ) {
      const { done, value } = await reader.read()
      if (done) break
      parts.push(value.subarray(0, left))
      left -= value.length
    }
    return joined(parts)
  } catch {
    return null
  } finally {
    await reader.cancel().catch(() => {})
  }
}
