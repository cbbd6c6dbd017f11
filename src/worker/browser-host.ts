/** The host of a session in a Web Worker. */
import { openGpu } from '../gpu/backend.ts'
import { optionsInAddress } from '../gpu/device-options.ts'
import { ownStorage } from '../runs/opfs/folders.ts'
import type { SessionHost } from './host.ts'
import { cachesMessage, deleteCache, preparedImages } from './images.ts'
import { kernelStore } from './kernel-store.ts'
import type { Post } from './post.ts'
import { createReading } from './reading.ts'
import { runsIn } from './run-storage.ts'

/** `deviceLimits`: limits of a poorer device, from the page's address. */
export const browserHost = (post: Post, deviceLimits: string | null): SessionHost => ({
  post,
  name: navigator.userAgent,
  now: () => performance.now(),
  openGpu: async () => openGpu(navigator.gpu, optionsInAddress(deviceLimits)),
  reading: createReading(post),
  prepareImages: preparedImages,
  kernels: kernelStore,
  runs: runsIn(ownStorage()),
  listCaches: cachesMessage,
  deleteCache,
})
