/** The host of a session in a Web Worker. */
import { openGpu } from '../gpu/backend.ts'
import { openCheckpoints, readCheckpoint } from './checkpoints.ts'
import type { SessionHost } from './host.ts'
import { cachesMessage, deleteCache, preparedImages } from './images.ts'
import { kernelStore } from './kernel-store.ts'
import type { Post } from './post.ts'
import { createReading } from './reading.ts'

export const browserHost = (post: Post): SessionHost => ({
  post,
  name: navigator.userAgent,
  now: () => performance.now(),
  openGpu: () => openGpu(navigator.gpu),
  reading: createReading(post),
  prepareImages: preparedImages,
  kernels: kernelStore,
  openCheckpoints,
  readCheckpoint,
  listCaches: cachesMessage,
  deleteCache,
})
