/** Importing and exporting runs: zips, run folders, examples and runs of an address. */
import { dataNotes } from '../../experiments/record.ts'
import { messageOf } from '../../message.ts'
import { copyRun, importedInfo } from '../../runs/add-run.ts'
import type { ExportedParts } from '../../runs/export.ts'
import { infoName, readInfo } from '../../runs/format/info.ts'
import { jsonText } from '../../runs/format/json-file.ts'
import type { FoundRun, NamedFile } from '../../runs/found-runs.ts'
import { changedFiles } from '../../runs/memory-folders.ts'
import { runFolders } from '../../runs/run-folders.ts'
import { type Experiments, filesOf, say } from '../experiments/context.ts'
import type { LibraryRun } from '../experiments/state.ts'
import { slug } from '../names.ts'
import { complete } from './complete.ts'
import { refreshRuns, report } from './list.ts'
import { type RunSummary, summaryOf } from './summary.ts'

/** Shows `busy` during the work, and reports its failure. */
export async function working<T>(experiments: Experiments, busy: string, work: () => Promise<T>): Promise<T | null> {
  const { store } = experiments
  store.setState({ busy, problems: [] })
  try {
    return await work()
  } catch (error) {
    report(experiments, messageOf(error))
    return null
  } finally {
    store.setState({ busy: null })
  }
}

interface Import {
  /** `example` and `address`: listed until the page is closed. */
  readonly from: 'user' | 'example' | 'address'
  readonly name: string
}

interface Taken {
  readonly id: string
  /** `again`: it was listed already; `completed`: it was, and lacked something that the copy has. */
  readonly result: 'fresh' | 'again' | 'completed'
}

const allRuns = ({ store }: Experiments): LibraryRun[] => {
  const { runs, deleted } = store.getState()
  return [...runs, ...deleted]
}

/** An id that no listed run has: the run's own, or the digest of its events. */
function freshId(experiments: Experiments, own: string | undefined, digest: string): string {
  const taken = new Set(allRuns(experiments).map(({ id }) => id))
  const free = [own, digest].find((id) => id !== undefined && !taken.has(id))
  return free ?? `${digest}-${experiments.host.now().toString(36)}`
}

/** Stores a run, or keeps it until the page is closed. */
async function addFresh(experiments: Experiments, found: FoundRun, summary: RunSummary, { from, name }: Import) {
  const { host, shown } = experiments
  const own = await readInfo(found.files, found.folder || name)
  const { digest } = summary.facts
  const info = importedInfo(own, found.folder, {
    id: freshId(experiments, own?.id, digest),
    name: summary.record.config.name,
    created: host.now(),
    origin: from === 'example' ? 'example' : 'imported',
  })
  if (from === 'user') await host.folders.writing(info.id, (files) => copyRun(found.files, files, info))
  else {
    const files = changedFiles(found.files)
    await files.replace(infoName, jsonText(info))
    shown.set(info.id, files)
  }
  return info.id
}

async function restored(experiments: Experiments, { id, info }: LibraryRun): Promise<void> {
  if (info.deleted !== null) await filesOf(experiments, id).replace(infoName, jsonText({ ...info, deleted: null }))
}

/** Checks a found run to its end and adds it; a run that is listed already gets what it lacks. */
async function addFound(experiments: Experiments, found: FoundRun, from: Import): Promise<Taken> {
  const summary = await summaryOf(found.files, '', found.folder || from.name)
  const known = allRuns(experiments).find(({ facts }) => facts.digest === summary.facts.digest)
  if (!known) return { id: await addFresh(experiments, found, summary, from), result: 'fresh' }
  await restored(experiments, known)
  return { id: known.id, result: (await complete(experiments, known, found, summary)) ? 'completed' : 'again' }
}

function importSentence(taken: readonly Taken[], problems: number): string {
  const count = (result: Taken['result']) => taken.filter((one) => one.result === result).length
  const [fresh, completed] = [count('fresh'), count('completed')]
  const again = taken.length - fresh
  return [
    `${fresh} ${fresh === 1 ? 'run' : 'runs'} imported.`,
    ...(again > 0 ? [`${again} existed already.`] : []),
    ...(completed > 0 ? [`${completed} of them got what they lacked.`] : []),
    ...(problems > 0 ? [`${problems} could not be read.`] : []),
  ].join(' ')
}

/** Adds runs one after another. Resolves with their ids, also of those that were listed already. */
export async function addAll(experiments: Experiments, files: readonly NamedFile[], from: Import): Promise<string[]> {
  // Brings the code for zips, which few visits need.
  const { findRuns } = await import('../../runs/found-runs.ts')
  const { runs, problems } = await findRuns(files, from.name)
  const failed = [...problems]
  const taken: Taken[] = []
  for (const run of runs) {
    try {
      const own = await addFound(experiments, run, from)
      taken.push(own)
      const [listed] = await refreshRuns(experiments, [own.id])
      if (listed && own.result === 'fresh') report(experiments, ...dataNotes(listed.record))
    } catch (error) {
      failed.push(messageOf(error))
    }
  }
  report(experiments, ...failed)
  say(experiments, importSentence(taken, failed.length))
  return taken.map(({ id }) => id)
}

/** Most bytes of a zip that the page fetches by itself. */
const largestFetched = 2 ** 31

/** The body of an answer. Rejects as soon as it is larger than allowed, whatever its header says. */
async function bodyOf(response: Response, tooLarge: Error): Promise<Blob> {
  let bytes = 0
  const counted = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform: (piece, controller) => {
      bytes += piece.length
      if (bytes > largestFetched) controller.error(tooLarge)
      else controller.enqueue(piece)
    },
  })
  return response.body ? new Response(response.body.pipeThrough(counted)).blob() : response.blob()
}

/** The last part of an address, as it is where its escapes are invalid. */
function nameIn({ pathname }: URL): string {
  const last = pathname.split('/').at(-1) || 'run.zip'
  try {
    return decodeURIComponent(last)
  } catch {
    return last
  }
}

/** The zip of a run beside the page. Throws where the address is of another origin. */
async function fetchRun({ host }: Experiments, address: string, base: string): Promise<NamedFile> {
  const url = new URL(address, base)
  if (url.origin !== new URL(base).origin)
    throw new Error(`${address} is on another server. Download it, then drop the file here.`)
  const name = nameIn(url)
  const response = await host.fetch(url.href)
  if (!response.ok) throw new Error(`${name} could not be read: ${response.status}. Check the address.`)
  const tooLarge = new Error(`${name} is larger than 2 GiB. Download it, then drop the file here.`)
  if (Number(response.headers.get('content-length') ?? 0) > largestFetched) throw tooLarge
  return { path: /\.zip$/i.test(name) ? name : `${name}.zip`, file: await bodyOf(response, tooLarge) }
}

async function exportRuns(experiments: Experiments, ids: readonly string[], parts: ExportedParts): Promise<void> {
  const { store, host } = experiments
  const chosen = store.getState().runs.filter(({ id }) => ids.includes(id))
  if (chosen.length === 0) return
  const name = chosen.length === 1 ? chosen[0].record.name : `${chosen.length} runs`
  await working(experiments, `Packing ${name}`, async () => {
    const { zipRuns } = await import('../../runs/export.ts')
    const folders = runFolders(chosen.map(({ record }) => record.name))
    const runs = chosen.map(({ id, record }, i) => ({
      folder: chosen.length === 1 ? '' : folders[i],
      name: record.name,
      files: experiments.shown.get(id) ?? host.folders.open(id),
    }))
    const file = `${slug(name)}.zip`
    host.save(await zipRuns(runs, parts), file)
    say(experiments, `Exported ${file}.`)
  })
}

/** Stores a run that is only shown, so that it stays and can be continued. */
export async function keepRun(experiments: Experiments, id: string): Promise<void> {
  const { shown, host } = experiments
  const files = shown.get(id)
  const info = files && (await readInfo(files, id))
  if (!files || !info) return
  const kept = { ...info, origin: 'imported' as const }
  await host.folders.writing(id, (to) => copyRun(files, to, kept))
  shown.delete(id)
  await refreshRuns(experiments, [id])
  say(experiments, `${info.name} is stored in this browser.`)
}

export function shareActions(experiments: Experiments) {
  return {
    /** Imports run folders, plan folders and zips. `name` names the dropped item. Resolves with the ids of the runs. */
    importRuns: (name: string, files: Promise<readonly NamedFile[]>): Promise<string[]> =>
      working(experiments, `Reading ${name}`, async () =>
        addAll(experiments, await files, { from: 'user', name }),
      ).then((ids) => ids ?? []),
    /** Lists the runs of a zip on this server, as `?run=ADDRESS` names it, until the page is closed. */
    openAddress: (address: string, base: string): Promise<string[]> =>
      working(experiments, `Reading ${address}`, async () => {
        const file = await fetchRun(experiments, address, base)
        return addAll(experiments, [file], { from: 'address', name: file.path })
      }).then((ids) => ids ?? []),
    /** Saves runs as one zip. */
    exportRuns: (ids: readonly string[], parts: ExportedParts = { checkpoints: true, resume: false }): Promise<void> =>
      exportRuns(experiments, ids, parts),
    /** Stores a run that is listed until the page is closed. */
    keepRun: async (id: string): Promise<void> =>
      void (await working(experiments, 'Storing the run', () => keepRun(experiments, id))),
  }
}
