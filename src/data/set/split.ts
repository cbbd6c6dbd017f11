/** Which images are trained on and which are held out, where a source has no split of its own. */
import { stream } from '../../random.ts'
import type { LabeledEntry } from './tree.ts'

export interface SplitOptions {
  readonly validationFraction: number
  readonly seed: number
}

export type SplitName = 'train' | 'validation'

/** Image → its split; by class, seeded: at least one image of a class is held out, and never all. */
function splitClass<T>(images: readonly T[], classId: string, { validationFraction, seed }: SplitOptions) {
  const held = Math.min(images.length - 1, Math.max(1, Math.round(images.length * validationFraction)))
  const order = stream(seed, 'validation-split', classId).shuffle(images.map((_, i) => i))
  const out = new Set(order.slice(0, held))
  return images.map((image, i) => ({ ...image, split: (out.has(i) ? 'validation' : 'train') as SplitName }))
}

/** An only image is in both splits: without it the class could be neither trained on nor measured. */
const both = <T>(image: T) => (['train', 'validation'] as const).map((split) => ({ ...image, split }))

/** Classes in the order of their ids. Says in `notes` what was done. */
export function heldOutByClass<T extends LabeledEntry>(
  images: readonly T[],
  options: SplitOptions,
  notes: string[],
): (T & { readonly split: SplitName })[] {
  const byClass = new Map<string, T[]>()
  for (const image of images) {
    const own = byClass.get(image.classId)
    if (own) own.push(image)
    else byClass.set(image.classId, [image])
  }
  const ids = [...byClass.keys()].sort()
  const single = ids.filter((id) => byClass.get(id)?.length === 1)
  notes.push(
    `The source has no split of its own: ${Math.round(options.validationFraction * 100)} % of each class are held out (seed ${options.seed}).`,
  )
  if (single.length > 0) {
    const which = single.length === 1 ? `Class ${single[0]} has` : `${single.length} classes have`
    notes.push(`${which} one image, which is trained on and held out too: held-out numbers flatter.`)
  }
  return ids.flatMap((id) => {
    const own = byClass.get(id) ?? []
    return own.length === 1 ? both(own[0]) : splitClass(own, id, options)
  })
}
