/** Runs at hand: those of this page, of earlier visits, of files and of the examples. */
import { recordOf } from '../../experiments/record.ts'
import { messageOf } from '../../message.ts'
import type { MeasuredTable } from '../../protocol/measurement.ts'
import { bundleRuns, type FolderRun, runFolders } from '../../runs/bundle.ts'
import { parseCsv } from '../../runs/csv.ts'
import { type Imported, importFiles } from '../../runs/import.ts'
import { digestOf, packEvents, type StoredRun, unpackRun } from '../../runs/library.ts'
import { measuredTexts } from '../../runs/measured.ts'
import type { Run } from '../../runs/reduce.ts'
import { createTable, type MeasuredTexts, measuredTables, type Row, tableFiles, tables } from '../../runs/tables.ts'
import { slug } from '../names.ts'
import { type Experiments, say } from './context.ts'
import type { Example, LibraryRun } from './state.ts'

const rows = (text = ''): Row[] => parseCsv(text).rows

const libraryRun = ({ id, name, origin, time, tables: own }: StoredRun, run: Run): LibraryRun => ({
  id,
  origin,
  time,
  record: recordOf(name, run, { curves: rows(own.curves), linearity: rows(own.linearity) }),
})

/** Runs of one name are told apart by their number. */
export function named(runs: readonly LibraryRun[], nameOf: (id: string) => string): LibraryRun[] {
  const before = new Map<string, number>()
  return runs.map((run) => {
    const name = nameOf(run.id)
    const times = (before.get(name) ?? 0) + 1
    before.set(name, times)
    const own = times === 1 ? name : `(${times}) ${name}`
    return own === run.record.name ? run : { ...run, record: { ...run.record, name: own } }
  })
}

function show({ store, stored }: Experiments, change: (runs: readonly LibraryRun[]) => readonly LibraryRun[]): void {
  store.setState(({ runs }) => ({ runs: named(change(runs), (id) => stored.get(id)?.name ?? id) }))
}

const problem = ({ store }: Experiments, ...own: string[]): void =>
  store.setState(({ problems }) => ({ problems: [...problems, ...own.filter((one) => !problems.includes(one))] }))

function add(lab: Experiments, stored: StoredRun, run: Run): void {
  lab.stored.set(stored.id, stored)
  const own = libraryRun(stored, run)
  show(lab, (runs) => [...runs.filter(({ id }) => id !== own.id), own])
}

/** Where nothing can be kept the run stays until the page is closed. */
async function keep(lab: Experiments, stored: StoredRun): Promise<void> {
  await lab.host.runs.put(stored).catch((error: unknown) => {
    problem(lab, `${stored.name} is here until the page is closed; the browser did not keep it: ${messageOf(error)}.`)
  })
}

/** Takes a run of this page that has ended, with what was measured on it; again when more was. */
export async function keepRun(lab: Experiments, run: Run): Promise<void> {
  const { id, start, steps } = run
  if (!start || steps.length === 0 || lab.trials.has(id) || lab.removed.has(id)) return
  try {
    const own = measuredTexts(run.measured)
    if (lab.stored.has(id)) {
      await addTables(lab, id, own, true)
      return
    }
    const log = await packEvents(run.events)
    const stored: StoredRun = { id, name: start.config.name, origin: 'trained', time: lab.host.now(), log, tables: own }
    add(lab, stored, run)
    await keep(lab, stored)
  } catch (error) {
    problem(lab, `${start.config.name} could not be taken for comparison: ${messageOf(error)}. Export it.`)
  }
}

/** Rows of both texts of a table; of one key, those of `more` where it replaces. */
function merged(name: MeasuredTable, text: string | undefined, more: string | undefined, replaces: boolean) {
  if (more === undefined || more === text) return text
  const table = createTable(tables[name], text)
  for (const row of createTable(tables[name], more).rows()) if (replaces || !table.has(row)) table.put(row)
  return table.text()
}

/** Adds rows to the tables of a run at hand; whether that changed something. */
async function addTables(lab: Experiments, id: string, more: MeasuredTexts, replaces: boolean): Promise<boolean> {
  const before = lab.stored.get(id)
  if (!before) return false
  const texts = measuredTables.flatMap((name) => {
    const text = merged(name, before.tables[name], more[name], replaces)
    return text === undefined ? [] : [[name, text] as const]
  })
  const after: StoredRun = { ...before, tables: Object.fromEntries(texts) }
  if (measuredTables.every((name) => after.tables[name] === before.tables[name])) return false
  lab.stored.set(id, after)
  const run = await unpackRun(after)
  show(lab, (runs) => runs.map((own) => (own.id === id ? libraryRun(after, run) : own)))
  await keep(lab, after)
  return true
}

async function unpack(lab: Experiments, all: readonly StoredRun[]): Promise<void> {
  for (const stored of all) {
    if (lab.stored.has(stored.id)) continue
    try {
      add(lab, stored, await unpackRun(stored))
    } catch (error) {
      problem(lab, messageOf(error))
    }
  }
}

/** Ids of the runs at hand by the digest of their events. */
async function known({ stored }: Experiments): Promise<Map<string, string>> {
  const all = [...stored.values()]
  return new Map(await Promise.all(all.map(async ({ log, id }) => [await digestOf(log), id] as const)))
}

/** A run that is here already, perhaps as it was trained, only brings the tables that are missing here. */
async function take(lab: Experiments, { runs, problems }: Imported, origin: StoredRun['origin']): Promise<void> {
  problem(lab, ...problems)
  const time = lab.host.now()
  const here = await known(lab)
  const fresh = runs.filter(({ id }) => !here.has(id)).map((run) => ({ ...run, origin, time }))
  await unpack(lab, fresh)
  // Examples are opened with a press; what is the user's own is kept.
  if (origin !== 'example') for (const stored of fresh) await keep(lab, stored)
  let completed = 0
  for (const { id, tables: own } of runs) {
    const at = here.get(id)
    if (at !== undefined && (await addTables(lab, at, own, false))) completed++
  }
  const sentences = [
    `${fresh.length} ${fresh.length === 1 ? 'run' : 'runs'} brought in.`,
    ...(runs.length > fresh.length ? [`${runs.length - fresh.length} were here already.`] : []),
    ...(completed > 0 ? [`${completed} of them got measurements.`] : []),
    ...(problems.length > 0 ? [`${problems.length} could not be read.`] : []),
  ]
  say(lab, sentences.join(' '))
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

/** What is kept of runs, unpacked one by one; a run alone has the zip to itself. */
async function* folderRuns({ stored }: Experiments, runs: readonly LibraryRun[]): AsyncGenerator<FolderRun> {
  const folders = runFolders(runs.map(({ record }) => record.name))
  for (const [i, { id }] of runs.entries()) {
    const own = stored.get(id)
    if (!own) continue
    const folder = runs.length === 1 ? '' : folders[i]
    yield { folder, run: await unpackRun(own), measured: tableFiles(own.tables) }
  }
}

export function libraryActions(lab: Experiments) {
  const { store, host, stored } = lab
  let opened: Promise<void> | null = null

  const working = async (busy: string, work: () => Promise<void>) => {
    store.setState({ busy, problems: [] })
    try {
      await work()
    } catch (error) {
      problem(lab, messageOf(error))
    } finally {
      store.setState({ busy: null })
    }
  }
  const open = () =>
    working('Reading the runs of earlier visits', async () => {
      store.setState({ examples: await exampleList(lab).catch(() => []) })
      await unpack(lab, await host.runs.read())
    })

  return {
    /** Lists the runs of earlier visits and the examples, once. */
    openLibrary: (): Promise<void> => {
      opened ??= open()
      return opened
    },
    /** Brings in run folders, plan folders and zips; `name` says what was dropped. */
    importRuns: (
      name: string,
      files: Promise<readonly { readonly path: string; readonly file: Blob }[]>,
    ): Promise<void> =>
      working(`Reading ${name}`, async () => take(lab, await importFiles(await files, name), 'imported')),
    openExample: (id: string): Promise<void> => {
      const example = store.getState().examples.find((one) => one.id === id)
      if (!example) throw new RangeError(`unknown example: ${id}`)
      return working(`Reading ${example.title}`, async () => {
        const response = await host.fetch(`examples/${example.file}`)
        if (!response.ok)
          throw new Error(`${example.title} could not be read: ${response.status}. Load the page again.`)
        const files = [{ path: example.file, file: await response.blob() }]
        await take(lab, await importFiles(files, example.title), 'example')
      })
    },
    /** Saves runs as one zip without checkpoints: one alone, several with a folder each. */
    exportRuns: (ids: readonly string[]): Promise<void> => {
      const chosen = store.getState().runs.filter(({ id }) => ids.includes(id))
      if (chosen.length === 0) return Promise.resolve()
      const name = chosen.length === 1 ? chosen[0].record.name : `${chosen.length} runs`
      return working(`Packing ${name}`, async () => {
        const file = `${slug(name)}.zip`
        host.save(await bundleRuns(folderRuns(lab, chosen)), file)
        say(lab, `Exported ${file}.`)
      })
    },
    removeRun: async (id: string): Promise<void> => {
      const name = stored.get(id)?.name
      stored.delete(id)
      lab.removed.add(id)
      show(lab, (runs) => runs.filter((run) => run.id !== id))
      say(lab, `${name} is removed.`)
      await host.runs.remove(id).catch(() => {})
    },
    /** Whether a run is compared and judged. */
    chooseRun: (id: string, chosen: boolean): void =>
      store.setState(({ leftOut }) => {
        const next = new Set(leftOut)
        if (chosen) next.delete(id)
        else next.add(id)
        return { leftOut: next }
      }),
    chooseAllRuns: (chosen: boolean): void =>
      store.setState(({ runs }) => ({ leftOut: new Set(chosen ? [] : runs.map(({ id }) => id)) })),
    dismissProblems: (): void => store.setState({ problems: [] }),
  }
}
