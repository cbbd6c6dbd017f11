/** The function that archives need from a host, and the browser's implementation, which also works in Node. */
import type { Unpack } from '../entry.ts'
import { bounded } from './limits.ts'

export interface ArchiveHost {
  /** Writes unpacked content to where it can be read by ranges, which a compressed stream cannot. */
  readonly unpack: Unpack
}

/** Bytes that the page may still store; infinity if the browser does not report a quota. */
async function freeSpace(): Promise<number> {
  const { quota, usage = 0 } = (await globalThis.navigator?.storage?.estimate?.().catch(() => null)) ?? {}
  return quota === undefined ? Number.POSITIVE_INFINITY : Math.max(0, quota - usage)
}

/** Bytes that one part of a Blob holds. */
const pieceSize = 2 ** 24

/**
 * Reads a stream into a Blob. Browsers move large blobs to the disk; a stream that fails leaves none behind. (A Response
 * could read it too, but in Chrome it hides why its stream failed.)
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

export const blobHost: ArchiveHost = {
  unpack: async (content, packedSize, signal) =>
    blobOf(content.pipeThrough(bounded(packedSize, await freeSpace()), { signal })),
}
