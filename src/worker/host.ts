/** The parts of a session that depend on the browser. Tests in Node pass others. */
import type { RunConfig } from '../config/config.ts'
import type { Prepared } from '../data/feed/prepare.ts'
import type { ImageSet } from '../data/source.ts'
import type { Gpu } from '../gpu/read.ts'
import type { LabMessage } from '../protocol/messages.ts'
import type { EditableRunFiles } from '../runs/folders.ts'
import type { RunFiles } from '../runs/format/files.ts'
import type { WritableRun } from '../runs/opfs/folders.ts'
import type { StorageSpace } from '../runs/opfs/space.ts'
import type { ChoiceStore } from '../train/kernels.ts'
import type { Post } from './post.ts'
import type { Reading } from './reading.ts'

export interface PreparingImages {
  /** `cached`: whether the images are written to a cache. */
  readonly onProgress: (done: number, total: number, cached: boolean) => void
  readonly signal: AbortSignal
  /** Skips the training images. */
  readonly heldOutOnly?: boolean
}

/** The runs of the browser's storage. */
export interface RunStorage {
  /** Null where another tab trains the run. Rejects where the browser offers no storage. */
  readonly openForWriting: (id: string) => Promise<WritableRun | null>
  readonly open: (id: string) => RunFiles
  readonly edit: (id: string) => EditableRunFiles
  /** Removes a folder. Rejects while the run trains. */
  readonly remove: (id: string) => Promise<void>
  /** Does `work` while no other tab writes the measurement tables of a run. */
  readonly aloneWithTables: <T>(id: string, work: () => Promise<T>) => Promise<T>
  /** Null where the browser offers no storage. */
  readonly space: () => Promise<StorageSpace | null>
}

export interface SessionHost {
  readonly post: Post
  /** Name of the host in a run's environment record. */
  readonly name: string
  /** Milliseconds. */
  readonly now: () => number
  /** Opens a device. Rejects with DeviceError where there is none. */
  readonly openGpu: () => Promise<Gpu>
  readonly reading: Reading
  /** Decodes the images of a run that are not cached yet. Rejects with DataError or AbortError. */
  readonly prepareImages: (set: ImageSet, config: RunConfig, options: PreparingImages) => Promise<Prepared>
  /** Kernel timings of earlier visits. */
  readonly kernels: ChoiceStore
  readonly runs: RunStorage
  readonly listCaches: () => Promise<Extract<LabMessage, { type: 'caches' }>>
  readonly deleteCache: (id: string) => Promise<void>
}
