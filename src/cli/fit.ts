/** Compares a run with the adapter's limits before its images are read, and again with the images that were read. */
import { selectImages } from '../data/set/select.ts'
import { type FitOptions, type FitPurpose, fits, imagesIn, requireFit } from '../train/fit.ts'
import type { Requirement } from './host.ts'

/** More than most datasets ask for. A run that fits with these numbers need not list its dataset first. */
const most = { classes: 1000, images: { train: Number.MAX_SAFE_INTEGER, validation: Number.MAX_SAFE_INTEGER } }

export interface RequiredFit extends Pick<FitOptions, 'config' | 'kernels'> {
  readonly open: () => Promise<Pick<FitOptions, 'gpu'>>
  readonly purpose: FitPurpose
  /** What to do when the micro-batch `size` fits; by default to change the configuration. */
  readonly advice?: (size: number) => string
}

/** Rejects with LimitError, which names the micro-batch that fits. A dataset of more classes is compared once it is read. */
export function fitting({ config, kernels, open, purpose, advice }: RequiredFit): Requirement {
  let fitsMost: boolean | undefined
  return async (list, when) => {
    const { gpu } = await open()
    fitsMost ??= fits({ gpu, config, kernels, ...most }, purpose)
    if (fitsMost && when === 'listing') return
    const set = selectImages(await list(), config.data, config.seed)
    if (fitsMost && set.classes.length <= most.classes) return
    requireFit({ gpu, config, kernels, classes: set.classes.length, images: imagesIn(set) }, purpose, advice)
  }
}
