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

/** The images of a class in the order of the seed, of which the first ones are held out: at least one, and never all. */
function drawnOf(count: number, classId: string, { validationFraction, seed }: SplitOptions) {
  const held = Math.min(count - 1, Math.max(1, Math.round(count * validationFraction)))
  const order = stream(seed, 'validation-split', classId).shuffle(Array.from({ length: count }, (_, i) => i))
  return { heldOut: order.slice(0, held), training: order.slice(held) }
}

interface Halves {
  readonly heldOut: readonly number[]
  readonly training: readonly number[]
}

/**
 * Where no image of one half can be read, the other half gives one: the training images their first one, the validation images
 * their last one. The only image that can be read is in both; otherwise the class could not be trained, or not measured.
 */
function balanced({ heldOut, training }: Halves, isReadable: (i: number) => boolean): Halves {
  const [held, trained] = [heldOut.filter(isReadable), training.filter(isReadable)]
  if ((held.length === 0) === (trained.length === 0)) return { heldOut, training }
  if (held.length === 0) {
    const [given] = trained
    return {
      heldOut: [...heldOut, given],
      training: trained.length === 1 ? training : training.filter((i) => i !== given),
    }
  }
  const given = held[held.length - 1]
  return { heldOut: held.length === 1 ? heldOut : heldOut.filter((i) => i !== given), training: [...training, given] }
}

/** Splits the images of a class by seed. An image can be in both splits. */
function splitClass<T>(
  images: readonly T[],
  classId: string,
  options: SplitOptions,
  isReadable: (image: T) => boolean,
): (T & { readonly split: SplitName })[] {
  const halves = images.length === 1 ? { heldOut: [0], training: [0] } : drawnOf(images.length, classId, options)
  const { heldOut, training } = balanced(halves, (i) => isReadable(images[i]))
  const [out, kept] = [new Set(heldOut), new Set(training)]
  return images.flatMap((image, i) => [
    ...(kept.has(i) ? [{ ...image, split: 'train' as const }] : []),
    ...(out.has(i) ? [{ ...image, split: 'validation' as const }] : []),
  ])
}

/**
 * Splits every class by seed, in the order of the class ids. Describes the split in `notes`. `isReadable`: false for images that
 * are known to be unreadable.
 */
export function heldOutByClass<T extends LabeledEntry>(
  images: readonly T[],
  options: SplitOptions,
  notes: string[],
  isReadable: (image: T) => boolean = () => true,
): (T & { readonly split: SplitName })[] {
  const byClass = group(images, ({ classId }) => classId)
  const ids = [...byClass.keys()].sort()
  const split = new Map(ids.map((id) => [id, splitClass(byClass.get(id) ?? [], id, options, isReadable)]))
  const single = ids.filter((id) => (split.get(id)?.length ?? 0) > (byClass.get(id)?.length ?? 0))
  notes.push(
    `The source defines no split: ${Math.round(options.validationFraction * 100)} % of each class are held out (seed ${options.seed}).`,
  )
  if (single.length > 0) {
    const which = single.length === 1 ? `Class ${single[0]} has` : `${single.length} classes have`
    notes.push(`${which} one image, which is in both splits: validation results are too good.`)
  }
  return ids.flatMap((id) => split.get(id) ?? [])
}
