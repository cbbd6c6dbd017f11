/** Decides whether folders or archives beside each other are splits or classes, of which one may be called like a split. */
import {
  isContainerName,
  isNoiseName,
  type NamedSplit,
  type SplitName,
  splitNameOf,
  tellingWords,
} from './split-words.ts'

export interface Sibling {
  readonly name: string
  /** Names of the folders with images inside; empty for a folder that holds its images directly. */
  readonly inside: readonly string[]
  /** Whether its images state their classes themselves. */
  readonly labeled: boolean
}

interface Named extends Sibling, SplitName {}

const isDeep = ({ inside, labeled }: Sibling) => labeled || inside.length > 0

const areAlike = (named: readonly Named[]) => named.every(({ rest }) => rest === named[0].rest)

/** A training and a validation folder of one kind of name: `seg_train` and `seg_test`, not `train_station` and `test_tube`. */
function agree(named: readonly Named[]): boolean {
  const train = new Set(named.filter(({ split }) => split === 'train').map(({ rest }) => rest))
  return named.some(({ split, rest }) => split !== 'train' && train.has(rest))
}

/** Whether training and validation folders hold folders of the same name: classes, and not splits. */
function shareClasses(named: readonly Named[]): boolean {
  const train = new Set(named.filter(({ split }) => split === 'train').flatMap(({ inside }) => inside))
  return named.some(
    ({ split, inside }) => split !== 'train' && inside.some((name) => train.has(name) && splitNameOf(name) === null),
  )
}

const shareWord = (named: readonly Named[], others: readonly Sibling[]) =>
  named.some(({ rest }) => rest.split(' ').some((word) => others.some(({ name }) => name.toLowerCase().includes(word))))

function areSplits(named: readonly Named[], others: readonly Sibling[]): boolean {
  const several = named.some(({ split }) => split === 'train') && named.some(({ split }) => split !== 'train')
  if (several && others.length === 0) return agree(named) || named.some((one) => isDeep(one) || one.rest === '')
  if (several) return named.some(isDeep) && (agree(named) || shareClasses(named))
  if (!areAlike(named)) return false
  if (others.length === 0) return true
  // Training folders beside one other folder, which does not hold the data.
  const [only, ...more] = others
  if (named[0].split !== 'train' || more.length > 0 || isContainerName(only.name)) return false
  return named.every(isDeep) && (named[0].rest === '' || shareWord(named, others))
}

/** The training folder after which the validation folders beside it are called: `rps` beside `rps-test-set`. */
function calledAfter(named: readonly Named[], others: readonly Sibling[]): Sibling | null {
  const [only, ...more] = others
  if (only === undefined || more.length > 0 || named.some(({ split }) => split === 'train')) return null
  const train = { ...only, split: 'train', rest: tellingWords(only.name) } as const
  const alike = named.every(({ rest }) => rest === train.rest)
  return alike && shareClasses([train, ...named]) ? only : null
}

/** The split of each sibling; null for all where the names are classes. */
export function splitsAmong(siblings: readonly Sibling[]): readonly (NamedSplit | null)[] {
  const names = siblings.map((one) => {
    const found = splitNameOf(one.name)
    return found && { ...one, ...found }
  })
  const named = names.filter((one) => one !== null)
  const others = siblings.filter(({ name }, i) => names[i] === null && !isNoiseName(name))
  if (named.length === 0) return siblings.map(() => null)
  const train = calledAfter(named, others)
  if (train === null && !areSplits(named, others)) return siblings.map(() => null)
  return names.map((one, i) => (siblings[i] === train ? 'train' : (one?.split ?? null)))
}
