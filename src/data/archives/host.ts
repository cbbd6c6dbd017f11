/** What a host does for archives, and the browser's way of it, which Node knows too. */
import type { Keep } from '../entry.ts'
import { bounded } from './limits.ts'

export interface ArchiveHost {
  /** Puts a stream where it can be read by ranges. */
  readonly keep: Keep
  /** Unpacks gzip likewise: a compressed stream cannot be read by ranges. */
  readonly inflate: (compressed: Blob, signal: AbortSignal) => Promise<Blob>
}

/** Bytes that the page may still take; without an answer the browser itself is the limit. */
async function freeSpace(): Promise<number> {
  const { quota, usage = 0 } = (await globalThis.navigator?.storage?.estimate?.().catch(() => null)) ?? {}
  return quota === undefined ? Number.POSITIVE_INFINITY : Math.max(0, quota - usage)
}

/** Bytes that are handed to the browser together. */
const pieceSize = 2 ** 24

/**
 * A stream as a Blob. Browsers keep large blobs on disk; one that fails midway is dropped. (A Response would make one,
 * too, but hides in Chrome why its stream failed.)
 */
async function blobOf(stream: ReadableStream<Uint8Array>): Promise<Blob> {
  const pieces: Blob[] = []
  let chunks: BlobPart[] = []
  let length = 0
  const reader = stream.getReader()
  for (let step = await reader.read(); !step.done; step = await reader.read()) {
    chunks.push(step.value as Uint8Array<ArrayBuffer>)
    length += step.value.length
    if (length < pieceSize) continue
    pieces.push(new Blob(chunks))
    chunks = []
    length = 0
  }
  return new Blob([...pieces, ...chunks])
}

const keepAsBlob: Keep = async (content, compressedSize, signal) =>
  blobOf(content.pipeThrough(bounded(compressedSize, await freeSpace()), { signal }))

export const blobHost: ArchiveHost = {
  keep: keepAsBlob,
  inflate: (compressed, signal) =>
    keepAsBlob(compressed.stream().pipeThrough(new DecompressionStream('gzip')), compressed.size, signal),
}
