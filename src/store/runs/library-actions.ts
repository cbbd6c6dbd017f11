/** Opening the list of runs, and choosing among them. */
import type { Experiments } from '../experiments/context.ts'
import type { RunsTableState } from '../experiments/state.ts'
import { loadExamples } from './example-actions.ts'
import { listStored, report } from './list.ts'
import { working } from './share-actions.ts'

/** Asks the browser how much its storage holds. */
export async function readStorage({ host, store }: Experiments): Promise<void> {
  store.setState({ storage: await host.storage() })
}

async function openLibrary(experiments: Experiments): Promise<void> {
  const { host } = experiments
  await working(experiments, 'Reading the stored runs', async () => {
    await loadExamples(experiments)
    const { moveEarlierRuns } = await import('../../runs/earlier-runs.ts')
    report(experiments, ...(await moveEarlierRuns(host.earlier, host.folders)))
    await listStored(experiments)
    await readStorage(experiments)
  })
}

const withChoice = (leftOut: ReadonlySet<string>, id: string, chosen: boolean): ReadonlySet<string> => {
  const next = new Set(leftOut)
  if (chosen) next.delete(id)
  else next.add(id)
  return next
}

export function libraryActions(experiments: Experiments) {
  const { store } = experiments
  let opened: Promise<void> | null = null
  return {
    /** Lists the runs of the browser's storage and the examples; does so once. Moves what earlier versions stored. */
    openLibrary: (): Promise<void> => {
      opened ??= openLibrary(experiments)
      return opened
    },
    /** Asks the browser to keep the storage when the disk fills. It may refuse. */
    keepStorage: async (): Promise<void> => {
      await experiments.host.persist()
      await readStorage(experiments)
    },
    readStorage: (): Promise<void> => readStorage(experiments),
    /** Whether a run is compared and judged. */
    chooseRun: (id: string, chosen: boolean): void =>
      store.setState(({ leftOut }) => ({ leftOut: withChoice(leftOut, id, chosen) })),
    chooseAllRuns: (chosen: boolean): void =>
      store.setState(({ runs }) => ({ leftOut: new Set(chosen ? [] : runs.map(({ id }) => id)) })),
    /** Compares some runs and no others. */
    compareRuns: (ids: readonly string[]): void =>
      store.setState(({ runs }) => ({
        leftOut: new Set(runs.flatMap(({ id }) => (ids.includes(id) ? [] : [id]))),
        center: 'compare',
      })),
    changeTable: (partial: Partial<RunsTableState>): void =>
      store.setState(({ table }) => ({ table: { ...table, ...partial } })),
    dismissRepetition: (): void => store.setState({ repetition: null }),
    reportProblem: (sentence: string): void => report(experiments, sentence),
    dismissProblems: (): void => store.setState({ problems: [] }),
  }
}
