/** Caches the fastest kernel variants, so that a later visit need not time them again. */
import type { Choices } from '../gpu/kernels/choose.ts'
import type { ChoiceStore } from '../train/kernels.ts'
import { createBrowserCache } from './browser-cache.ts'

export const kernelStore: ChoiceStore = createBrowserCache<Choices>('selectivity-lab', 'kernels')
