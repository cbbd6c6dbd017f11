/** Reads blobs piece by piece. */
import { crc32 } from '../../crc.ts'

const pieceBytes = 2 ** 20

/** The bytes of a blob from `from` on, in pieces of at most 1 MiB. */
export async function* piecesOf(blob: Blob, from = 0): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (let at = from; at < blob.size; at += pieceBytes)
    yield new Uint8Array(await blob.slice(at, at + pieceBytes).arrayBuffer())
}

/** CRC-32 of the first `bytes` bytes. */
export async function crcOf(blob: Blob, bytes = blob.size): Promise<number> {
  let crc = 0
  for await (const piece of piecesOf(blob.slice(0, bytes))) crc = crc32(piece, crc)
  return crc
}

export const bytesOf = async (blob: Blob): Promise<Uint8Array<ArrayBuffer>> => new Uint8Array(await blob.arrayBuffer())

/** Bytes as they are, and a text in UTF-8. */
export const encoded = (data: string | Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> =>
  typeof data === 'string' ? new TextEncoder().encode(data) : data
