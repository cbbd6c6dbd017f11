/** The disk operations that caches of decoded images need from a host. */

/** A shard that is being written; it becomes visible once it is sealed. */
export interface ShardWriter {
  /** Throws if the disk is full. */
  readonly write: (bytes: Uint8Array, at: number) => void
  /** Completes the shard; resolves with its name. */
  readonly seal: () => Promise<string>
  /** Removes an unsealed shard. Never rejects. */
  readonly discard: () => Promise<void>
}

/** A sealed shard. */
export interface ShardReader {
  /** In bytes. */
  readonly size: number
  /** Fills `out` with the bytes from position `at`. Throws if they cannot be read. */
  readonly read: (out: Uint8Array, at: number) => void
  readonly close: () => void
}

/** The shards of one cache. */
export interface ShardFiles {
  /** Names of the sealed shards. Removes the files of interrupted writers. */
  readonly list: () => Promise<string[]>
  readonly create: () => Promise<ShardWriter>
  readonly open: (name: string) => Promise<ShardReader>
  /** Never rejects. */
  readonly remove: (name: string) => Promise<void>
}

/** The folder in which a host stores its caches. */
export interface CacheFolders {
  readonly ids: () => Promise<string[]>
  /** Opens a cache's folder; creates a missing one. */
  readonly files: (id: string) => Promise<ShardFiles>
  /** Null if there is no such cache. */
  readonly existing: (id: string) => Promise<ShardFiles | null>
  /** Rejects if the cache is in use. */
  readonly remove: (id: string) => Promise<void>
  /** Bytes that may still be written; null if unknown. */
  readonly free: () => Promise<number | null>
}
