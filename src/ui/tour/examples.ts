/** The examples as the tour and its buttons use them. */
import { experiments } from '../../store/experiments/page.ts'
import type { Example, ExperimentsState } from '../../store/experiments/state.ts'
import { showSetup } from '../../store/page-view.ts'
import { series } from '../../store/series.ts'
import { endTour, setOpening, startTour } from '../../store/tour.ts'

type Listed = Pick<ExperimentsState, 'examples' | 'exampleOf'>

/** The example that a run came with; null for other runs. */
export const exampleOfRun = ({ examples, exampleOf }: Listed, runId: string): Example | null =>
  examples.find(({ id }) => id === exampleOf.get(runId)) ?? null

/** The example for the tour, and the one with arms; null where the page has none. */
export const runExample = ({ examples }: Listed): Example | null => examples.find(({ kind }) => kind === 'run') ?? null
export const armsExample = ({ examples }: Listed): Example | null =>
  examples.find(({ kind }) => kind === 'arms') ?? null

/** Shows an example where its runs belong. Resolves with their ids. */
export function showExample({ id }: Example): Promise<string[]> {
  endTour()
  return experiments.openExample(id)
}

/** Opens the recorded run and starts the tour through it. */
export async function showTour(): Promise<void> {
  showSetup(false)
  const shown = series.shown()
  if (shown && exampleOfRun(experiments.store.getState(), shown.id)?.kind === 'run') {
    experiments.showCenter('run')
    startTour(shown.id)
    return
  }
  await experiments.openLibrary()
  const example = runExample(experiments.store.getState())
  if (!example) return experiments.reportProblem(noExamples)
  const [id] = await showExample(example)
  if (id) startTour(id)
}

/** Opens the recorded runs with and without the regularizer in Compare. */
export async function showArms(): Promise<void> {
  await experiments.openLibrary()
  const example = armsExample(experiments.store.getState())
  if (!example) return experiments.reportProblem(noExamples)
  experiments.compareBy({ metric: shownByArms })
  await showExample(example)
}

/** The metric that shows what the regularizer does. */
const shownByArms = 'aboveFloor/layer3'

const noExamples = 'This page comes without recorded runs.'

/** On a first visit: opens the recorded run and starts the tour, where the browser has no runs. */
export function welcome(): Promise<void> {
  // An effect runs twice in development.
  welcomed ??= openFirst()
  return welcomed
}

let welcomed: Promise<void> | null = null

async function openFirst(): Promise<void> {
  setOpening(true)
  const id = await experiments.openFirstExample()
  setOpening(false)
  if (id !== null) startTour(id)
}
