/** Limits a dataset to the selected classes and numbers of images. */
import type { RunConfig } from '../../config/config.ts'
import { type Random, stream } from '../../random.ts'
import { DataError, type ImageSet, type Split } from '../source.ts'

type Limits = Pick<RunConfig['data'], 'classes' | 'imagesPerClass' | 'validationImagesPerClass'>

function chosenClasses(set: ImageSet, ids: readonly string[] | null): number[] {
  if (ids === null) return set.classes.map((_, i) => i)
  return ids.map((id) => {
    const at = set.classes.findIndex((c) => c.id === id.normalize('NFC'))
    if (at >= 0) return at
    const some = set.classes.slice(0, 5).map((c) => c.id)
    throw new DataError(
      `unknown class: ${id} (${set.report.source} has ${some.join(', ')}${set.classes.length > 5 ? ', …' : ''})`,
    )
  })
}

/** The place of each class among the ids in the order of their text, which does not depend on the order of the classes. */
function ranksOf({ classes }: ImageSet): number[] {
  const byId = classes.map(({ id }) => id).sort()
  const ranks = new Map(byId.map((id, rank) => [id, rank]))
  return classes.map(({ id }) => ranks.get(id) ?? 0)
}

/** Selects at most `perClass` images of each class, in their order; `random` shuffles those of a class. */
function limited(
  split: Split,
  classes: readonly number[],
  perClass: number | null,
  random: (label: number) => Random,
): Split {
  const images = classes.map((): number[] => [])
  const position = new Map(classes.map((c, i) => [c, i]))
  for (const [index, label] of split.labels.entries()) images[position.get(label) ?? -1]?.push(index)
  const chosen = images.flatMap((ofClass, i) =>
    perClass === null ? ofClass : random(classes[i]).shuffle(ofClass).slice(0, perClass),
  )
  const indices = Int32Array.from(chosen).sort()
  const { file } = split
  return {
    ...(split.inMemory === undefined ? {} : { inMemory: split.inMemory }),
    labels: indices.map((index) => position.get(split.labels[index]) ?? -1),
    read: (index, signal, side) => split.read(indices[index], signal, side),
    ...(file ? { file: (index) => file(indices[index]) } : {}),
  }
}

/** The dataset of a run; its classes have the order of `classes`. Throws DataError for an unknown class or one without images. */
export function selectImages(
  set: ImageSet,
  { classes: ids, imagesPerClass, validationImagesPerClass }: Limits,
  seed: number,
): ImageSet {
  const classes = chosenClasses(set, ids)
  const ranks = ranksOf(set)
  const randomOf = (split: string) => (label: number) => stream(seed, 'select', split, ranks[label])
  const chosen: ImageSet = {
    ...set,
    classes: classes.map((c) => set.classes[c]),
    train: limited(set.train, classes, imagesPerClass, randomOf('train')),
    validation: limited(set.validation, classes, validationImagesPerClass, randomOf('validation')),
  }
  requireAllClasses(chosen)
  return chosen
}

/** Throws DataError if a split has no image of a class. */
export function requireAllClasses({ classes, train, validation }: ImageSet): void {
  for (const [name, { labels }] of [
    ['training', train],
    ['held-out', validation],
  ] as const) {
    const present = new Set(labels)
    const missing = classes.find((_, i) => !present.has(i))
    if (missing) throw new DataError(`class ${missing.id} has no ${name} image; leave it out with data.classes`)
  }
}
