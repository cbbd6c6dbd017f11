/** The parts of a session that depend on the browser. Tests in Node pass others. */
import type { RunConfig } from '../config/config.ts'
import type { Prepared } from '../data/feed/prepare.ts'
import type { ImageSet } from '../data/source.ts'
import type { Gpu } from '../gpu/read.ts'
import type { LabMessage } from '../protocol/messages.ts'
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
  /** Resolves with a function that saves checkpoints of a run. Rejects where the browser offers no storage. */
  readonly openCheckpoints: (runId: string) => Promise<(file: string, bytes: Uint8Array<ArrayBuffer>) => Promise<void>>
  /** Reads a saved checkpoint. */
  readonly readCheckpoint: (runId: string, file: string) => Promise<Uint8Array>
  readonly listCaches: () => Promise<Extract<LabMessage, { type: 'caches' }>>
  readonly deleteCache: (id: string) => Promise<void>
}
