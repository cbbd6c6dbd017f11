/** The example runs that come with the page: their list, and opening them. */
import { messageOf } from '../../message.ts'
import { flag, list, object, oneOf, orNull, type Shape, text } from '../../shape.ts'
import type { Experiments } from '../experiments/context.ts'
import type { Example } from '../experiments/state.ts'
import { report } from './list.ts'
import { findListed, showRun } from './open-actions.ts'
import { addAll, working } from './share-actions.ts'

const exampleShape: Shape = object({
  id: text,
  kind: oneOf('run', 'arms'),
  title: text,
  text,
  file: text,
  runs: list(object({ name: text, units: flag })),
  preset: orNull(text),
  provenance: object({ lab: text, commit: orNull(text), adapter: text, data: text, command: text }),
})

const isExample = (value: unknown): value is Example => exampleShape(value, '') === null

/** Parses the index of the examples; leaves out what is no example. */
export const parseExamples = (index: unknown): Example[] => (Array.isArray(index) ? index.filter(isExample) : [])

async function fetchIndex({ host }: Experiments): Promise<Example[]> {
  try {
    const response = await host.fetch('examples/index.json')
    return response.ok ? parseExamples(await response.json()) : []
  } catch {
    // A page without examples is complete.
    return []
  }
}

/** Lists the examples, unless they are listed already. */
export async function loadExamples(experiments: Experiments): Promise<readonly Example[]> {
  const { store } = experiments
  if (store.getState().examples.length === 0) store.setState({ examples: await fetchIndex(experiments) })
  return store.getState().examples
}

/** The zip of an example. Rejects where the server does not have it. */
async function fetchExample({ host }: Experiments, { title, file }: Example): Promise<Blob> {
  const response = await host.fetch(`examples/${file}`)
  if (!response.ok) throw new Error(`${title} could not be read: ${response.status}. Load the page again.`)
  return response.blob()
}

/** Lists the runs of an example until the page is closed. Resolves with their ids. */
function addExample(experiments: Experiments, example: Example, zip: Promise<Blob>): Promise<string[]> {
  const { id, title, file } = example
  const added = working(experiments, `Reading ${title}`, async () => {
    const ids = await addAll(experiments, [{ path: file, file: await zip }], { from: 'example', name: title })
    experiments.store.setState(({ exampleOf }) => {
      // A run of the arms may be an example of its own, whose description fits it better.
      const own = ids.filter((run) => example.kind === 'run' || !exampleOf.has(run))
      return { exampleOf: new Map([...exampleOf, ...own.map((run) => [run, id] as const)]) }
    })
    return ids
  })
  return added.then((ids) => ids ?? [])
}

/** Shows the runs of an example: a single run in the run view, arms in Compare. */
async function show(experiments: Experiments, { kind }: Example, ids: readonly string[]): Promise<void> {
  const { store } = experiments
  if (kind === 'arms') {
    const others = store.getState().runs.flatMap(({ id }) => (ids.includes(id) ? [] : [id]))
    store.setState({ leftOut: new Set(others) })
    return
  }
  const listed = findListed(experiments, ids[0])
  if (listed) await showRun(experiments, listed)
}

/** Switches to the view first, so that the page does not switch later if the user has moved on. */
async function openExample(experiments: Experiments, id: string): Promise<string[]> {
  const { store } = experiments
  const example = (await loadExamples(experiments)).find((one) => one.id === id)
  if (!example) throw new RangeError(`unknown example: ${id}`)
  store.setState({ center: example.kind === 'arms' ? 'compare' : 'run' })
  const ids = await addExample(experiments, example, fetchExample(experiments, example))
  if (ids.length > 0) await show(experiments, example, ids)
  return ids
}

/** Whether the page is as it was opened: nothing is shown, read or trained. */
function isUntouched({ store, host: { lab, series } }: Experiments): boolean {
  const { run, data } = lab.store.getState()
  const { center } = store.getState()
  return run.status === 'idle' && data.status === 'none' && center === 'run' && !series.shown()
}

/**
 * Opens the first example of one run where the page has no runs and the user has not begun anything. Resolves with
 * its id; with null where it is not shown. Its file is read while the list of runs is.
 */
async function openFirstExample(experiments: Experiments, openLibrary: () => Promise<void>): Promise<string | null> {
  const example = (await loadExamples(experiments)).find(({ kind }) => kind === 'run')
  if (!example) return null
  const zip = fetchExample(experiments, example)
  // The code that reads it loads meanwhile.
  void import('../../runs/found-runs.ts').catch(() => {})
  void import('../../runs/load-run.ts').catch(() => {})
  // Where it fails, `addExample` reports that.
  zip.catch(() => {})
  await openLibrary()
  const { runs, deleted } = experiments.store.getState()
  if (runs.length + deleted.length > 0) return null
  const ids = await addExample(experiments, example, zip)
  if (ids.length === 0 || !isUntouched(experiments)) return null
  await show(experiments, example, ids)
  return ids[0]
}

export const exampleActions = (experiments: Experiments, openLibrary: () => Promise<void>) => ({
  loadExamples: async (): Promise<void> => void (await loadExamples(experiments)),
  /** Shows an example: one run in the run view, arms in Compare. Resolves with the ids of its runs, which are listed until the page is closed. */
  openExample: (id: string): Promise<string[]> => openExample(experiments, id),
  openFirstExample: (): Promise<string | null> =>
    openFirstExample(experiments, openLibrary).catch((error: unknown) => {
      report(experiments, messageOf(error))
      return null
    }),
})
