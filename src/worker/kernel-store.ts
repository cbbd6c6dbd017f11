/** Caches the tuner's results, so that a later visit need not time the kernel variants again. */
import type { Tuned } from '../gpu/kernels/tuner.ts'
import type { ChoiceStore } from '../train/kernels.ts'
import { createBrowserCache } from './browser-cache.ts'

export const kernelStore: ChoiceStore = createBrowserCache<Tuned>('selectivity-lab', 'kernels')
