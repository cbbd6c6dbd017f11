/** What a host does for archives, and the browser's way of it, which Node knows too. */
import type { Keep } from './entry.ts'
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

/** Browsers keep large blobs on disk; one that fails midway is dropped. */
const keepAsBlob: Keep = async (content, compressedSize, signal) =>
  new Response(content.pipeThrough(bounded(compressedSize, await freeSpace()), { signal })).blob()

export const blobHost: ArchiveHost = {
  keep: keepAsBlob,
  inflate: (compressed, signal) =>
    keepAsBlob(compressed.stream().pipeThrough(new DecompressionStream('gzip')), compressed.size, signal),
}
