/** Recognizes splits, and folders that hold no classes, by the words in the names of folders and archives. */

export type NamedSplit = 'train' | 'validation' | 'test'

const splitWords: ReadonlyMap<string, NamedSplit> = new Map([
  ['train', 'train'],
  ['training', 'train'],
  ['trainval', 'train'],
  ['val', 'validation'],
  ['valid', 'validation'],
  ['validation', 'validation'],
  ['dev', 'validation'],
  ['test', 'test'],
  ['testing', 'test'],
  ['eval', 'test'],
  ['evaluation', 'test'],
  ['holdout', 'test'],
])

const containers = 'set sets split splits data dataset datasets image images img imgs'
/** Words that say nothing about which split or which class a folder holds. Photos may also be a domain beside sketches. */
const generic = new Set(
  `${containers} picture pictures photo photos file files folder archive archives part parts shard shards full of`.split(
    ' ',
  ),
)
const containerWords = new Set(`${containers} raw input inputs main root`.split(' '))
const companionWords = new Set(
  'mask masks segmentation segmentations annotation annotations label labels ground truth groundtruth gt overlay overlays'.split(
    ' ',
  ),
)
const noiseWords = new Set(
  'doc docs documentation readme figure figures fig figs asset assets screenshot screenshots example examples sample samples demo demos preview previews thumbnail thumbnails logo logos icon icons notebook notebooks script scripts src static public resource resources result results output outputs plot plots tmp temp'.split(
    ' ',
  ),
)

/** `trainImages_2017` → train, images: letters only, in lower case. */
function wordsOf(name: string): string[] {
  const apart = name
    .normalize('NFC')
    .replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .toLowerCase()
    .replace(/h[oe]ld[-_ .]?out/g, 'holdout')
  return apart.split(/[^\p{L}\p{M}]+/u).filter((word) => word !== '')
}

/** The split that one word means: `train`, or `trainset`. */
const splitOfWord = (word: string): NamedSplit | undefined =>
  splitWords.get(word) ?? splitWords.get(word.replace(/(sets?|data|images?|imgs?)$/, ''))

export interface SplitName {
  readonly split: NamedSplit
  /** The other words of the name that say something, such as `seg` in `seg_train`. */
  readonly rest: string
}

const isTelling = (word: string) => !splitOfWord(word) && !generic.has(word) && word.length > 1

/** The words of a name that say something: neither splits nor `images`. */
export const tellingWords = (name: string): string => wordsOf(name).filter(isTelling).join(' ')

/** The split that a name states; null without one, and for a name of several splits, such as `train-test`. */
export function splitNameOf(name: string): SplitName | null {
  const words = wordsOf(name)
  const stated = new Set(words.flatMap((word) => splitOfWord(word) ?? []))
  if (stated.size === 0 || stated.size > 2 || (stated.size === 2 && stated.has('test'))) return null
  // `train_val` holds the images for training.
  const [split] = stated.size === 2 ? (['train'] as const) : stated
  return { split, rest: tellingWords(name) }
}

const consistsOf = (name: string, known: ReadonlySet<string>) => {
  const words = wordsOf(name)
  return words.length > 0 && words.every((word) => known.has(word))
}

/** True for names of folders around a dataset: `data`, `images`. */
export const isContainerName = (name: string): boolean => consistsOf(name, containerWords)

/** True for names of folders whose pictures illustrate something: `docs`, `screenshots`. */
export const isNoiseName = (name: string): boolean => consistsOf(name, noiseWords)

/** True for names of folders whose pictures belong to images beside them: `masks`, `ground_truth`. */
export const isCompanionName = (name: string): boolean => consistsOf(name, companionWords)
