/** Limits a dataset to the selected classes and numbers of images. */
import type { RunConfig } from '../../config/config.ts'
import { type Random, stream } from '../../random.ts'
import { DataError, type Drawn, type ImageSet, type Split, type SplitOrder } from '../source.ts'

type Limits = Pick<RunConfig['data'], 'classes' | 'imagesPerClass' | 'validationImagesPerClass'>

function chosenClasses(set: Drawn, source: string, ids: readonly string[] | null): number[] {
  if (ids === null) return set.classes.map((_, i) => i)
  return ids.map((id) => {
    const at = set.classes.findIndex((c) => c.id === id.normalize('NFC'))
    if (at >= 0) return at
    const some = set.classes.slice(0, 5).map((c) => c.id)
    throw new DataError(`unknown class: ${id} (${source} has ${some.join(', ')}${set.classes.length > 5 ? ', …' : ''})`)
  })
}

/** The place of each class among the ids in the order of their text, which does not depend on the order of the classes. */
function ranksOf({ classes }: Drawn): number[] {
  const byId = classes.map(({ id }) => id).sort()
  const ranks = new Map(byId.map((id, rank) => [id, rank]))
  return classes.map(({ id }) => ranks.get(id) ?? 0)
}

/** The images of each class in the order in which they are drawn; `random` shuffles those of a class. */
function orderOf(
  from: Split,
  classes: readonly number[],
  perClass: number | null,
  random: (label: number) => Random,
): SplitOrder {
  const images = classes.map((): number[] => [])
  const position = new Map(classes.map((c, i) => [c, i]))
  for (const [index, label] of from.labels.entries()) images[position.get(label) ?? -1]?.push(index)
  const ofClass = images.map((all, i) => (perClass === null ? all : random(classes[i]).shuffle(all)))
  return { from, ofClass, perClass }
}

/** Images of a split in its order. `chosen`: indices of each class. */
export function partOf({ from }: Pick<SplitOrder, 'from'>, chosen: readonly (readonly number[])[]): Split {
  const labels = new Map(chosen.flatMap((ofClass, label) => ofClass.map((index) => [index, label] as const)))
  const indices = Int32Array.from(labels.keys()).sort()
  const { file } = from
  return {
    ...(from.inMemory === undefined ? {} : { inMemory: from.inMemory }),
    labels: indices.map((index) => labels.get(index) ?? -1),
    read: (index, signal, side) => from.read(indices[index], signal, side),
    ...(file ? { file: (index) => file(indices[index]) } : {}),
  }
}

const firstOf = (order: SplitOrder): Split =>
  partOf(
    order,
    order.ofClass.map((all) => all.slice(0, order.perClass ?? all.length)),
  )

/**
 * The dataset of a run; its classes have the order of `classes`. It is drawn from the list, so that some of its images may
 * not be readable: `prepareImages` replaces them. Throws DataError for an unknown class or one without images.
 */
export function selectImages(set: ImageSet, limits: Limits, seed: number): ImageSet {
  const { classes: ids, imagesPerClass, validationImagesPerClass } = limits
  const { asKnown } = set
  const drawn: Drawn = set.listed ?? set
  const classes = chosenClasses(drawn, set.report.source, ids)
  const ranks = ranksOf(drawn)
  const randomOf = (split: string) => (label: number) => stream(seed, 'select', split, ranks[label])
  const train = orderOf(drawn.train, classes, imagesPerClass, randomOf('train'))
  const validation = orderOf(drawn.validation, classes, validationImagesPerClass, randomOf('validation'))
  const chosen: ImageSet = {
    ...set,
    classes: classes.map((c) => drawn.classes[c]),
    train: firstOf(train),
    validation: firstOf(validation),
    ...(set.listed ? { order: { train, validation, areClassesNamed: ids !== null } } : {}),
    ...(asKnown ? { redraw: async () => selectImages(await asKnown(), limits, seed) } : {}),
  }
  requireAllClasses(chosen)
  return chosen
}

/** Throws DataError if a split has no image of a class. */
function requireAllClasses({ classes, train, validation }: ImageSet): void {
  for (const [name, { labels }] of [
    ['training', train],
    ['validation', validation],
  ] as const) {
    const present = new Set(labels)
    const missing = classes.find((_, i) => !present.has(i))
    if (missing) throw new DataError(`class ${missing.id} has no ${name} image; leave it out with data.classes`)
  }
}
