/** Listing, importing, exporting and removing runs. */
import { dataNotes } from '../../experiments/record.ts'
import { messageOf } from '../../message.ts'
import { bundleRuns, type FolderRun, runFolders } from '../../runs/bundle.ts'
import { type Imported, importFiles } from '../../runs/import.ts'
import { digestOf, type StoredRun, unpackRun } from '../../runs/library.ts'
import { tableFiles } from '../../runs/tables.ts'
import { slug } from '../names.ts'
import { type Experiments, say } from './context.ts'
import { addRun, addTables, changeRuns, report, storeRun } from './library.ts'
import type { Example, LibraryRun } from './state.ts'

/** Shows `busy` during the work, and reports its failure. */
async function working(experiments: Experiments, busy: string, work: () => Promise<void>): Promise<void> {
  const { store } = experiments
  store.setState({ busy, problems: [] })
  try {
    await work()
  } catch (error) {
    report(experiments, messageOf(error))
  } finally {
    store.setState({ busy: null })
  }
}

/** Lists stored runs; a damaged one is reported. */
async function listRuns(experiments: Experiments, all: readonly StoredRun[]): Promise<void> {
  for (const stored of all) {
    if (experiments.stored.has(stored.id)) continue
    try {
      addRun(experiments, stored, await unpackRun(stored))
    } catch (error) {
      report(experiments, messageOf(error))
    }
  }
}

/** Ids of the listed runs by the digest of their events. */
async function idsByDigest({ stored }: Experiments): Promise<Map<string, string>> {
  const all = [...stored.values()]
  return new Map(await Promise.all(all.map(async ({ log, id }) => [await digestOf(log), id] as const)))
}

const importSentence = ({ runs, problems }: Imported, fresh: number, completed: number): string =>
  [
    `${fresh} ${fresh === 1 ? 'run' : 'runs'} imported.`,
    ...(runs.length > fresh ? [`${runs.length - fresh} existed already.`] : []),
    ...(completed > 0 ? [`${completed} of them got measurements.`] : []),
    ...(problems.length > 0 ? [`${problems.length} could not be read.`] : []),
  ].join(' ')

/** Adds imported runs. A run that is listed already, perhaps since it was trained, only gets the tables that it lacks. */
async function addImported(experiments: Experiments, imported: Imported, origin: StoredRun['origin']): Promise<void> {
  const { runs, problems } = imported
  report(experiments, ...problems)
  const time = experiments.host.now()
  const known = await idsByDigest(experiments)
  const fresh = runs.filter(({ id }) => !known.has(id)).map((run) => ({ ...run, origin, time }))
  await listRuns(experiments, fresh)
  const added = new Set(fresh.map(({ id }) => id))
  const listed = experiments.store.getState().runs.filter(({ id }) => added.has(id))
  report(experiments, ...listed.flatMap(({ record }) => dataNotes(record)))
  // Examples can be opened again at any time, so only the user's runs are stored.
  if (origin !== 'example') for (const stored of fresh) await storeRun(experiments, stored)
  let completed = 0
  for (const { id, tables } of runs) {
    const before = known.get(id)
    if (before !== undefined && (await addTables(experiments, before, tables, false))) completed++
  }
  say(experiments, importSentence(imported, fresh.length, completed))
}

const isExample = (value: unknown): value is Example =>
  typeof value === 'object' &&
  value !== null &&
  ['id', 'title', 'text', 'file'].every((key) => typeof Reflect.get(value, key) === 'string')

async function exampleList({ host }: Experiments): Promise<Example[]> {
  const response = await host.fetch('examples/index.json')
  if (!response.ok) return []
  const list: unknown = await response.json()
  return Array.isArray(list) ? list.filter(isExample) : []
}

const openLibrary = (experiments: Experiments): Promise<void> =>
  working(experiments, 'Reading the runs of earlier visits', async () => {
    experiments.store.setState({ examples: await exampleList(experiments).catch(() => []) })
    await listRuns(experiments, await experiments.host.runs.read())
  })

function openExample(experiments: Experiments, id: string): Promise<void> {
  const { store, host } = experiments
  const example = store.getState().examples.find((one) => one.id === id)
  if (!example) throw new RangeError(`unknown example: ${id}`)
  return working(experiments, `Reading ${example.title}`, async () => {
    const response = await host.fetch(`examples/${example.file}`)
    if (!response.ok) throw new Error(`${example.title} could not be read: ${response.status}. Load the page again.`)
    const files = [{ path: example.file, file: await response.blob() }]
    await addImported(experiments, await importFiles(files, example.title), 'example')
  })
}

/** Unpacks runs one by one, each with its folder in the zip; a single run has no folder. */
async function* folderRuns({ stored }: Experiments, runs: readonly LibraryRun[]): AsyncGenerator<FolderRun> {
  const folders = runFolders(runs.map(({ record }) => record.name))
  for (const [i, { id }] of runs.entries()) {
    const own = stored.get(id)
    if (!own) continue
    const folder = runs.length === 1 ? '' : folders[i]
    yield { folder, run: await unpackRun(own), measured: tableFiles(own.tables) }
  }
}

async function exportRuns(experiments: Experiments, ids: readonly string[]): Promise<void> {
  const { store, host } = experiments
  const chosen = store.getState().runs.filter(({ id }) => ids.includes(id))
  if (chosen.length === 0) return
  const name = chosen.length === 1 ? chosen[0].record.name : `${chosen.length} runs`
  await working(experiments, `Packing ${name}`, async () => {
    const file = `${slug(name)}.zip`
    host.save(await bundleRuns(folderRuns(experiments, chosen)), file)
    say(experiments, `Exported ${file}.`)
  })
}

async function removeRun(experiments: Experiments, id: string): Promise<void> {
  const { stored, removed, host } = experiments
  const name = stored.get(id)?.name
  stored.delete(id)
  removed.add(id)
  changeRuns(experiments, (runs) => runs.filter((run) => run.id !== id))
  say(experiments, `${name} is removed.`)
  await host.runs.remove(id).catch(() => {})
}

const withChoice = (leftOut: ReadonlySet<string>, id: string, chosen: boolean): ReadonlySet<string> => {
  const next = new Set(leftOut)
  if (chosen) next.delete(id)
  else next.add(id)
  return next
}

interface NamedFile {
  readonly path: string
  readonly file: Blob
}

export function libraryActions(experiments: Experiments) {
  const { store } = experiments
  let opened: Promise<void> | null = null
  return {
    /** Lists the runs of earlier visits and the examples; does so once. */
    openLibrary: (): Promise<void> => {
      opened ??= openLibrary(experiments)
      return opened
    },
    /** Imports run folders, plan folders and zips. `name` names the dropped item. */
    importRuns: (name: string, files: Promise<readonly NamedFile[]>): Promise<void> =>
      working(experiments, `Reading ${name}`, async () =>
        addImported(experiments, await importFiles(await files, name), 'imported'),
      ),
    openExample: (id: string): Promise<void> => openExample(experiments, id),
    /** Saves runs as one zip without checkpoints. */
    exportRuns: (ids: readonly string[]): Promise<void> => exportRuns(experiments, ids),
    removeRun: (id: string): Promise<void> => removeRun(experiments, id),
    /** Whether a run is compared and judged. */
    chooseRun: (id: string, chosen: boolean): void =>
      store.setState(({ leftOut }) => ({ leftOut: withChoice(leftOut, id, chosen) })),
    chooseAllRuns: (chosen: boolean): void =>
      store.setState(({ runs }) => ({ leftOut: new Set(chosen ? [] : runs.map(({ id }) => id)) })),
    dismissProblems: (): void => store.setState({ problems: [] }),
  }
}
