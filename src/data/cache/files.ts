/** What caches of decoded images need of a host's disk. */

/** A shard that is being written; it counts only once it is sealed. */
export interface ShardWriter {
  /** Throws where the disk is full. */
  readonly write: (bytes: Uint8Array, at: number) => void
  /** Makes it a whole shard; resolves with its name. */
  readonly seal: () => Promise<string>
  /** Removes it. Never rejects. */
  readonly discard: () => Promise<void>
}

/** A whole shard. */
export interface ShardReader {
  /** In bytes. */
  readonly size: number
  /** Fills `out` with the bytes from `at` on. Throws where they are not there. */
  readonly read: (out: Uint8Array, at: number) => void
  readonly close: () => void
}

/** The shards of one cache. */
export interface ShardFiles {
  /** Names of the whole shards. Removes what interrupted writers left. */
  readonly list: () => Promise<string[]>
  readonly create: () => Promise<ShardWriter>
  readonly open: (name: string) => Promise<ShardReader>
  /** Never rejects. */
  readonly remove: (name: string) => Promise<void>
}

/** Where a host keeps its caches. */
export interface CacheFolders {
  readonly ids: () => Promise<string[]>
  /** Makes the folder where it is not there. */
  readonly files: (id: string) => Promise<ShardFiles>
  /** Null where there is none. */
  readonly existing: (id: string) => Promise<ShardFiles | null>
  /** Rejects where it is in use. */
  readonly remove: (id: string) => Promise<void>
  /** Bytes that may still be written; null where nobody knows. */
  readonly free: () => Promise<number | null>
}
