/** Reads blobs piece by piece. */

const pieceBytes = 2 ** 20

/** The bytes of a blob from `from` on, in pieces of at most 1 MiB. */
export async function* piecesOf(blob: Blob, from = 0): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (let at = from; at < blob.size; at += pieceBytes)
    yield new Uint8Array(await blob.slice(at, at + pieceBytes).arrayBuffer())
}

export const bytesOf = async (blob: Blob): Promise<Uint8Array<ArrayBuffer>> => new Uint8Array(await blob.arrayBuffer())

/** Bytes as they are, and a text in UTF-8. */
export const encoded = (data: string | Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> =>
  typeof data === 'string' ? new TextEncoder().encode(data) : data
