/** Compares a dataset with the one that a run recorded. */
import { haveSameImages } from '../../data-identity.ts'
import type { DataReport } from '../../protocol/data-report.ts'
import type { DataRecord, UsedImages } from '../../protocol/environment.ts'
import type { ImageSet } from '../source.ts'

type Recorded = DataRecord

/** What is known of a dataset: `used` once the images of the run were read. */
export type Found = Pick<DataReport, 'fingerprint' | 'contents' | 'classes' | 'images' | 'listed'> & {
  readonly used?: UsedImages
}

export const foundIn = ({ report, used }: Pick<ImageSet, 'report' | 'used'>): Found => ({
  ...report,
  ...(used ? { used } : {}),
})

export interface DataChanges {
  /** `list`: classes, paths, sizes or splits differ. `contents`: these are equal, but the bytes of the images are not. */
  readonly kind: 'list' | 'contents'
  /** What differs, as a clause: "24 training images instead of 30". */
  readonly text: string
}

/** Names in a message. */
const mostNames = 3

/** The first of some names, and whether there are more. */
const some = (names: readonly string[]) =>
  `${names.slice(0, mostNames).join(', ')}${names.length > mostNames ? ', …' : ''}`

function missingClasses({ classes }: Recorded, now: Found): string[] {
  const found = new Set(now.classes.map(({ id }) => id))
  const missing = classes.filter(({ id }) => !found.has(id)).map(({ id }) => id)
  if (missing.length === 0) return []
  return [
    missing.length === 1 ? `class ${missing[0]} is missing` : `${missing.length} classes are missing: ${some(missing)}`,
  ]
}

function otherCounts({ images, used }: Recorded, now: Found): string[] {
  const names = { train: 'training', validation: 'validation' } as const
  const found = (used && now.listed) ?? now.images
  return (['train', 'validation'] as const).flatMap((split) =>
    images && images[split] !== found[split]
      ? [`${found[split]} ${names[split]} images instead of ${images[split]}`]
      : [],
  )
}

/** What differs between the lists of images, as far as the record can tell. */
function listText(recorded: Recorded, now: Found): string {
  const known = [...missingClasses(recorded, now), ...otherCounts(recorded, now)]
  return known.length > 0 ? known.join('; ') : 'the classes, paths or sizes of its image files are others'
}

const contentsText =
  'image files of the same names and sizes have other contents, or others of them can be read; the record does not say which'

/**
 * What differs between the images of a run, from its record's `environment.data`, and those that were read now; null if
 * nothing does. Without both contents (see `comparesContents`), other bytes of equal length are not noticed. `now` must have
 * the run's split settings, and be drawn as the record says.
 */
export function changesBetween(recorded: Recorded, now: Found): DataChanges | null {
  const regrouped = [...missingClasses(recorded, now), ...otherCounts(recorded, now)].length > 0
  if (haveSameImages(recorded, now) && !regrouped) return null
  if (regrouped || recorded.fingerprint !== now.fingerprint) return { kind: 'list', text: listText(recorded, now) }
  return { kind: 'contents', text: contentsText }
}
