/** The five steps of the tour, with the numbers of the run that they go through. */
import type { Run } from '../../runs/reduce.ts'
import { index } from '../format.ts'
import { aboveFloor, accuracyAt, type ModuleStory, mostTelling, recedes, rises, storiesOf } from './story.ts'

export interface TourStep {
  readonly title: string
  /** Paragraphs. */
  readonly texts: readonly string[]
  /** The accessible name of the region that it highlights. */
  readonly region: string
  /** The step of training that all views show; null for the newest probe. */
  readonly moment: number | null
  /** Plays the time line to the moment instead of jumping to it. */
  readonly plays: boolean
}

/** What the steps read of a run. */
export type Toured = Pick<Run, 'probes' | 'evaluations' | 'start'>

const list = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`

const epochText = (epoch: number): string => `epoch ${Number(epoch.toFixed(1))}`

/** `layer1 and layer3 rise too.`; empty without modules. */
const alsoText = (others: readonly ModuleStory[], one: string, many: string): string =>
  others.length === 0 ? '' : ` ${list(others.map(({ module }) => module))} ${others.length === 1 ? one : many} too.`

function beginning(stories: readonly ModuleStory[]): string[] {
  const values = stories.map(({ first }) => first.selectivity)
  const [low, high] = [Math.min(...values), Math.max(...values)].map(index)
  const range = low === high ? low : `${low} to ${high}`
  return [
    'A unit responds to images. Its class selectivity, SI, compares its response to its favorite class with its mean response to all other classes: 0 is the same response to all, 1 is a response to one class only.',
    `Each line is the mean SI of the units of one module, from layer1 near the image to layer4 near the answer. With random weights the modules begin at ${range}.`,
  ]
}

function riseText(run: Toured, hero: ModuleStory, stories: readonly ModuleStory[]): string[] {
  const { module, first, peak } = hero
  if (!rises(hero))
    return [`In this run no module becomes more selective: ${module} begins at ${index(first.selectivity)}.`]
  const others = stories.filter((story) => story !== hero && rises(story))
  const accuracy = accuracyAt(run, peak.step)
  return [
    `Selectivity rises early: ${module} goes from ${index(first.selectivity)} to ${index(peak.selectivity)} by ${epochText(peak.epoch)}.${alsoText(others, 'rises', 'rise')}`,
    ...(accuracy === null
      ? []
      : [`At that time the network names ${percent(accuracy)} of the validation images correctly.`]),
  ]
}

function recessionText(run: Toured, hero: ModuleStory, stories: readonly ModuleStory[]): string[] {
  const { module, peak, last } = hero
  if (!recedes(hero)) return [`In this run ${module} keeps its selectivity: it ends at ${index(last.selectivity)}.`]
  const others = stories.filter((story) => story !== hero && recedes(story) && rises(story))
  const kept = stories.filter((story) => !recedes(story))
  const [then, now] = [accuracyAt(run, peak.step), accuracyAt(run, last.step)]
  const accuracy =
    then !== null && now !== null && now > then
      ? [
          `Meanwhile accuracy grows from ${percent(then)} to ${percent(now)}: the network gets better while these units become less selective.`,
        ]
      : []
  const keeps =
    kept.length === 0 ? '' : ` ${list(kept.map((one) => one.module))} ${kept.length === 1 ? 'does' : 'do'} not.`
  return [
    `Then selectivity recedes: ${module} falls from ${index(peak.selectivity)} to ${index(last.selectivity)} by ${epochText(last.epoch)}.${alsoText(others, 'recedes', 'recede')}${keeps}`,
    ...accuracy,
  ]
}

function floorText({ start }: Toured, { module, peak, last }: ModuleStory): string[] {
  const images = start?.config.probe.imagesPerClass
  const few = images === undefined ? '' : ` with ${images} images a class`
  const [then, now] = [aboveFloor(peak), aboveFloor(last)]
  const verdict =
    then - now >= 0.01 ? 'So chance does not explain the recession.' : 'So the part above chance does not recede.'
  return [
    `Even shuffled class labels give some selectivity: luck is enough${few}. The gray band shows this chance floor. For ${module} at its peak it is ${index(peak.floor)} of ${index(peak.selectivity)}.`,
    `What counts is the distance to the floor. For ${module} it is ${index(then)} at the peak and ${index(now)} at the end. ${verdict}`,
  ]
}

const nowYou = [
  'Does a network need selective units? The regularizer pushes selectivity down or up while a network trains.',
  'Train this network on your own images, or compare recorded runs with and without the regularizer.',
]

/** The steps for a run; none for a run without probes. */
export function tourSteps(run: Toured): TourStep[] {
  const stories = storiesOf(run)
  const hero = mostTelling(stories)
  if (!hero) return []
  const chart = { region: 'Selectivity', plays: false }
  const { first, peak } = hero
  return [
    { ...chart, title: 'Initialization', texts: beginning(stories), moment: first.step },
    { ...chart, title: 'The early rise', texts: riseText(run, hero, stories), moment: peak.step, plays: true },
    { ...chart, title: 'The recession', texts: recessionText(run, hero, stories), moment: null, plays: true },
    { ...chart, title: 'What the chance floor says', texts: floorText(run, hero), moment: peak.step },
    { ...chart, title: 'Now you', texts: nowYou, region: 'Regularizer', moment: null },
  ]
}
