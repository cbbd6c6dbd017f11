/** Reads a file by position through a window of bytes, so that neighboring small reads share one. */

/** Bytes of a window: small files share one; large files are skipped. */
const windows = { many: 2 ** 22, single: 2 ** 14, large: 2 ** 17 } as const

/** Reads bytes; fewer at the end of the file. They are valid until the next read. */
export type Read = (from: number, length: number) => Promise<Uint8Array<ArrayBuffer>>

export function windowed(blob: Blob): Read {
  let start = 0
  let bytes = new Uint8Array(0)
  return async (from, length) => {
    if (from < start || from + length > start + bytes.length) {
      const jumped = from > start + bytes.length + windows.large
      start = from
      const size = jumped ? windows.single : windows.many
      bytes = new Uint8Array(await blob.slice(from, from + Math.max(size, length)).arrayBuffer())
    }
    return bytes.subarray(from - start, from - start + length)
  }
}

const piece = 2 ** 16

/** Position of the first byte that is not zero, starting at `from`; `end` if there is none. */
export async function afterZeros(read: Read, from: number, end: number): Promise<number> {
  for (let at = from; at < end; at += piece) {
    const found = (await read(at, Math.min(piece, end - at))).findIndex((byte) => byte !== 0)
    if (found >= 0) return at + found
  }
  return end
}
