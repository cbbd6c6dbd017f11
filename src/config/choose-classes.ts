/** Chooses classes from a dataset for a preset that wants fewer than there are. */

/** A class and its numbers of images. */
export interface CountedClass {
  readonly id: string
  readonly train: number
  readonly validation: number
}

/** The classes of a dataset: those that the list of files shows, whatever of them has been read by now. */
export const listedClasses = ({
  classes,
  listedClasses: listed = classes,
}: {
  readonly classes: readonly CountedClass[]
  readonly listedClasses?: readonly CountedClass[]
}): readonly CountedClass[] => listed

/** How many classes a preset wants, and how many images of each. */
export interface Wanted {
  readonly classes: number
  readonly train: number
  readonly validation: number
}

export interface ChosenClasses {
  /** In the order of the dataset; null for all classes. */
  readonly ids: readonly string[] | null
  /** Sentences that say what was chosen. */
  readonly text: string
}

const count = new Intl.NumberFormat('en-US')

const are = (n: number, what: string) => `${count.format(n)} ${n === 1 ? 'class has' : 'classes have'} ${what}`

/** What a run lacks of the images that the preset wants. */
function shortage(chosen: readonly CountedClass[], { train, validation }: Wanted): string {
  const few = (key: 'train' | 'validation', wanted: number) => chosen.filter((own) => own[key] < wanted).length
  const [training, held] = [few('train', train), few('validation', validation)]
  return [
    training > 0 ? ` ${are(training, `fewer than ${train} training images`)}: all of them are used.` : '',
    held > 0 ? ` ${are(held, `fewer than ${validation} validation images`)}: all of them are used.` : '',
  ].join('')
}

/**
 * The first classes in the order of their ids that have enough training images; where these are too few, also the first of
 * the others. Deterministic, and independent of the order in which a dataset lists its classes.
 */
export function chooseClasses(all: readonly CountedClass[], wanted: Wanted): ChosenClasses {
  const perClass = `up to ${wanted.train} training and ${wanted.validation} validation images of each`
  if (all.length <= wanted.classes) {
    const n = count.format(all.length)
    const used =
      all.length < wanted.classes
        ? `This dataset has ${n} classes, not the ${wanted.classes} of the preset: all of them are used`
        : `All ${n} classes are used`
    return { ids: null, text: `${used}; ${perClass}.${shortage(all, wanted)}` }
  }
  const byId = [...all].sort((a, b) => (a.id < b.id ? -1 : 1))
  const enough = byId.filter(({ train }) => train >= wanted.train)
  const others = byId.filter(({ train }) => train < wanted.train)
  const taken = new Set([...enough, ...others].slice(0, wanted.classes).map(({ id }) => id))
  const chosen = all.filter(({ id }) => taken.has(id))
  const [first, last] = [byId.find(({ id }) => taken.has(id)), byId.findLast(({ id }) => taken.has(id))]
  return {
    ids: chosen.map(({ id }) => id),
    text:
      `${wanted.classes} of ${count.format(all.length)} classes are used, the first by id with at least ${wanted.train} training images ` +
      `(${first?.id} to ${last?.id}); ${perClass}.${shortage(chosen, wanted)}`,
  }
}
