/** Splits a dataset by seed, if the source does not define a split. */
import { group } from 'd3-array'
import type { LayoutName } from '../../config/layout.ts'
import { stream } from '../../random.ts'
import type { LabeledEntry } from './labeled.ts'

/** The settings that define classes and splits. */
export interface SplitOptions {
  /** How folders become classes and splits; `auto` by default. */
  readonly layout?: LayoutName
  /** Fraction of each class that is held out, between 0 and 1. */
  readonly validationFraction: number
  readonly seed: number
  /** Images with more megapixels are left out; the default of `data.maxMegapixels` by default. */
  readonly maxMegapixels?: number
}

export type SplitName = 'train' | 'validation'

/** Splits the images of a class by seed; holds out at least one, and never all. */
function splitClass<T>(images: readonly T[], classId: string, { validationFraction, seed }: SplitOptions) {
  const held = Math.min(images.length - 1, Math.max(1, Math.round(images.length * validationFraction)))
  const order = stream(seed, 'validation-split', classId).shuffle(images.map((_, i) => i))
  const out = new Set(order.slice(0, held))
  return images.map((image, i) => ({ ...image, split: (out.has(i) ? 'validation' : 'train') as SplitName }))
}

/** The only image of a class is in both splits; otherwise the class could not be trained, or not measured. */
const both = <T>(image: T) => (['train', 'validation'] as const).map((split) => ({ ...image, split }))

/** Splits every class by seed, in the order of the class ids. Describes the split in `notes`. */
export function heldOutByClass<T extends LabeledEntry>(
  images: readonly T[],
  options: SplitOptions,
  notes: string[],
): (T & { readonly split: SplitName })[] {
  const byClass = group(images, ({ classId }) => classId)
  const ids = [...byClass.keys()].sort()
  const single = ids.filter((id) => byClass.get(id)?.length === 1)
  notes.push(
    `The source defines no split: ${Math.round(options.validationFraction * 100)} % of each class are held out (seed ${options.seed}).`,
  )
  if (single.length > 0) {
    const which = single.length === 1 ? `Class ${single[0]} has` : `${single.length} classes have`
    notes.push(`${which} one image, which is in both splits: held-out results are too good.`)
  }
  return ids.flatMap((id) => {
    const ofClass = byClass.get(id) ?? []
    return ofClass.length === 1 ? both(ofClass[0]) : splitClass(ofClass, id, options)
  })
}
