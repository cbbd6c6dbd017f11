/** What identifies the images of a run, and what is doubtful about them. */
import type { DataReport } from '../../protocol/data-report.ts'
import type { UsedImages } from '../../protocol/environment.ts'
import { linesHash } from '../hash.ts'
import type { ImageSet, Split } from '../source.ts'

interface Used {
  readonly path: string
  readonly hash: string
  readonly classId: string
}

/** The images of a split whose files were read. */
const imagesOf = ({ labels, file }: Split, classes: ImageSet['classes']): Used[] =>
  [...labels].flatMap((label, i) => {
    const { path, hash } = file?.(i) ?? { path: '', hash: null }
    return hash === null ? [] : [{ path, hash, classId: classes[label].id }]
  })

const hashOf = (images: readonly Used[]): Promise<string> =>
  linesHash(images.map(({ classId, path, hash }) => `${classId}\t${path}\t${hash}`))

/** Hashes of a run's images. `withTraining`: the training images were read too. */
export async function usedImages({ train, validation, classes }: ImageSet, withTraining: boolean): Promise<UsedImages> {
  return {
    train: withTraining ? await hashOf(imagesOf(train, classes)) : null,
    validation: await hashOf(imagesOf(validation, classes)),
  }
}

const example = ([a, b]: readonly [Used, Used]) => (a.path === b.path ? a.path : `${a.path} and ${b.path}`)

/** The same bytes in both splits make validation results too good, and in two classes one of the labels is wrong. */
export function findingsIn({ train, validation, classes }: ImageSet): string[] {
  const [trained, heldOut] = [imagesOf(train, classes), imagesOf(validation, classes)]
  const first = new Map<string, Used>()
  for (const image of trained) if (!first.has(image.hash)) first.set(image.hash, image)
  const leaked = heldOut.flatMap((image) => {
    const same = first.get(image.hash)
    return same ? [[same, image] as const] : []
  })
  return [...leakText(leaked), ...conflictText(conflictsIn([...trained, ...heldOut]))]
}

/**
 * What reading all images of a dataset has shown about those of a run: files of other classes that have the bytes of one of
 * them. Empty before all were read.
 */
export function findingsBeside({ train, validation, classes }: ImageSet, report: DataReport): string[] {
  if (report.checked < report.files || !report.conflicts) return []
  const own = [...imagesOf(train, classes), ...imagesOf(validation, classes)]
  const classOf = new Map(own.map(({ path, classId }) => [path, classId]))
  const found = report.conflicts.flatMap((paths) => {
    const used = paths.filter((path) => classOf.has(path))
    // Two classes among the run's own images are a finding of their own.
    const isDoubtful = new Set(used.map((path) => classOf.get(path))).size === 1
    return isDoubtful ? [{ path: used[0], others: paths.filter((path) => !classOf.has(path)) }] : []
  })
  if (found.length === 0) return []
  const [{ path, others }] = found
  const which = found.length === 1 ? 'An image of this run has' : `${found.length} images of this run have`
  return [
    `${which} the same bytes as files of another class that the run does not use, for example ${path} and ${others[0]}.`,
  ]
}

function leakText(leaked: readonly (readonly [Used, Used])[]): string[] {
  if (leaked.length === 0) return []
  const which = leaked.length === 1 ? 'One validation image is' : `${leaked.length} validation images are`
  return [
    `${which} also among the training images, for example ${example(leaked[0])}: validation results are too good.`,
  ]
}

function conflictsIn(images: readonly Used[]): (readonly [Used, Used])[] {
  const first = new Map<string, Used>()
  const found = new Map<string, readonly [Used, Used]>()
  for (const image of images) {
    const other = first.get(image.hash)
    if (!other) first.set(image.hash, image)
    else if (other.classId !== image.classId && !found.has(image.hash)) found.set(image.hash, [other, image])
  }
  return [...found.values()]
}

function conflictText(conflicts: readonly (readonly [Used, Used])[]): string[] {
  if (conflicts.length === 0) return []
  const [[a, b]] = conflicts
  const which = conflicts.length === 1 ? 'Identical files' : `${conflicts.length} groups of identical files`
  return [
    `${which} of this run have different classes, for example ${a.path} (${a.classId}) and ${b.path} (${b.classId}).`,
  ]
}
