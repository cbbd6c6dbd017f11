/** Reading datasets. */
import type { RunConfig } from '../config/config.ts'
import type { LayoutName } from '../config/layout.ts'
import { sideOf } from '../config/side.ts'
import type { DataInput, PathFile } from '../protocol/data-report.ts'
import { type LabContext, say, setRequests } from './context.ts'
import { cancelled, createDeferred, LabError, settle } from './pending.ts'
import type { DataState, LoadedData, Reading } from './state.ts'
import { isActive, loadedData } from './status.ts'

const nameOf = (input: DataInput): string => {
  if (input.kind === 'cifar10') return 'CIFAR-10'
  return input.kind === 'archive' ? input.file.name : input.name
}

/** The state after reading was cancelled. */
export function withoutReading(data: DataState): DataState {
  const previous = loadedData(data)
  return previous ? { status: 'ready', ...previous } : { status: 'none' }
}

const splitOf = ({ seed, data: { validationFraction, maxMegapixels } }: RunConfig) => ({
  validationFraction,
  seed,
  maxMegapixels,
})

/** The layout of a configuration belongs to its source; folders of other sources are read as their names tell. */
const layoutFor = (input: DataInput, { data }: RunConfig): LayoutName =>
  data.source === nameOf(input) ? data.layout : 'auto'

/** Whether classes and splits are as a configuration asks. A source that defines its splits fits every seed. */
function isSplitFor({ reading, report }: LoadedData, config: RunConfig): boolean {
  const { seed, validationFraction, maxMegapixels } = splitOf(config)
  if (report.layout && report.layout.chosen !== config.data.layout) return false
  if (reading.maxMegapixels !== maxMegapixels) return false
  return !report.splitBySeed || (reading.seed === seed && reading.validationFraction === validationFraction)
}

/** The source that must be read again before a configuration can run; null when the worker holds its images. */
export function sourceToRead({ store }: LabContext, config: RunConfig): DataInput | null {
  const { data, requests } = store.getState()
  const loaded = loadedData(data)
  if (!loaded) return null
  return requests.dataLost || !isSplitFor(loaded, config) ? loaded.reading.input : null
}

const readingOf = (name: string, reading: Reading | null, data: DataState): DataState => ({
  status: 'reading',
  name,
  reading,
  done: 0,
  previous: loadedData(data),
})

/** Says why a source cannot be used. The dataset that was read before stays. */
export function refuse({ store, pending }: LabContext, message: string): void {
  store.setState(({ data }) => {
    const reading = data.status === 'reading' ? data.reading : null
    return { data: { status: 'refused', message, reading, previous: loadedData(data) }, status: message }
  })
  settle(pending, 'reading', new LabError(message))
}

/** A new number for a request to read data; answers to earlier requests no longer count. */
export function nextRequest(lab: LabContext): number {
  const request = lab.store.getState().requests.data + 1
  setRequests(lab, { data: request })
  settle(lab.pending, 'reading', cancelled('Reading the images was cancelled.'))
  return request
}

/**
 * Asks the worker to read a dataset: with a layout, and split as a configuration says. Rejects with LabError or AbortError.
 */
export function read(
  lab: LabContext,
  input: DataInput,
  config = lab.store.getState().config,
  layout = layoutFor(input, config),
): Promise<void> {
  const { store, client, pending } = lab
  const split = splitOf(config)
  const request = nextRequest(lab)
  const name = nameOf(input)
  const deferred = createDeferred()
  pending.reading = deferred
  store.setState(({ data }) => ({
    data: readingOf(name, { input, layout, ...split }, data),
    status: `Reading ${name}.`,
  }))
  const chosen = layout === 'auto' ? {} : { layout }
  client.post({ type: 'read-data', request, input, ...split, ...chosen, side: sideOf(config.data) })
  return deferred.promise
}

/** Reads the source again where a configuration splits it differently. Rejects with LabError, or AbortError when cancelled. */
export async function readFor(lab: LabContext, config: RunConfig, signal?: AbortSignal): Promise<void> {
  const input = sourceToRead(lab, config)
  if (!input) return
  const cancel = () => cancelReading(lab)
  signal?.addEventListener('abort', cancel, { once: true })
  try {
    await read(lab, input, config, config.data.layout)
  } finally {
    signal?.removeEventListener('abort', cancel)
  }
}

function cancelReading(lab: LabContext): void {
  const { store, client } = lab
  const { data } = store.getState()
  if (data.status !== 'reading') return
  if (data.reading) client.post({ type: 'cancel-reading' })
  store.setState({ data: withoutReading(data) })
  nextRequest(lab)
  say(lab, 'Reading cancelled.')
}

/** Reads a folder whose files are still being collected. */
async function readCollected(lab: LabContext, name: string, files: Promise<readonly PathFile[]>): Promise<void> {
  const { store } = lab
  const request = nextRequest(lab)
  const isNewest = () => request === store.getState().requests.data
  store.setState(({ data }) => ({ data: readingOf(name, null, data) }))
  try {
    const found = await files
    if (isNewest()) void read(lab, { kind: 'files', name, files: found })
  } catch (error) {
    if (isNewest()) refuse(lab, `${name} could not be read: ${String(error)}. Choose it again.`)
  }
}

/** Reads the dataset, or the source that was refused, again with another layout. */
function readAs(lab: LabContext, layout: LayoutName): void {
  const { data, run, config } = lab.store.getState()
  if (isActive(run.status) || data.status === 'reading') return
  const reading = data.status === 'refused' ? data.reading : (loadedData(data)?.reading ?? null)
  if (reading) void read(lab, reading.input, config, layout)
}

/** Reads the images of the dataset in the background, or stops that. */
function setChecking(lab: LabContext, on: boolean): void {
  const { store, client } = lab
  const { audit, requests } = store.getState()
  if (!audit || requests.dataLost || (audit.status === 'on') === on) return
  client.post({ type: 'check-images', on })
  if (on) store.setState({ audit: { ...audit, status: 'on', recent: [], left: null, message: '' } })
  say(lab, on ? 'Checking the images.' : 'The check is stopped. A run reads the images that it needs.')
}

export function dataActions(lab: LabContext) {
  const { store, client } = lab
  const readUnlessActive = (input: DataInput) => {
    if (!isActive(store.getState().run.status)) void read(lab, input)
  }
  return {
    readCifar10: (): void => readUnlessActive({ kind: 'cifar10' }),
    /** Reads a folder; its files may still be collected. */
    readFiles: async (name: string, files: readonly PathFile[] | Promise<readonly PathFile[]>): Promise<void> => {
      if (!isActive(store.getState().run.status)) await readCollected(lab, name, Promise.resolve(files))
    },
    readArchive: (file: File): void => readUnlessActive({ kind: 'archive', file }),
    /** Reads folders or archives by their handles; a source that could be read is listed at later visits. */
    readHandles: (name: string, handles: readonly FileSystemHandle[]): void =>
      readUnlessActive({ kind: 'handles', name, handles }),
    /** Reads the source again: `layout` says how its folders become classes and splits. */
    readAs: (layout: LayoutName): void => readAs(lab, layout),
    /** Stops reading the images of the dataset in the background, or goes on with it. */
    setChecking: (on: boolean): void => setChecking(lab, on),
    /** Shows images of one class, by its index in the report; null shows images of all classes. */
    showClass: (label: number | null): void => {
      store.setState({ classSamples: label === null ? null : { label, samples: null } })
      if (label !== null) client.post({ type: 'show-class', label })
    },
    /** Reads the source again where a configuration splits it differently. Rejects with LabError, or AbortError when cancelled. */
    readFor: (config: RunConfig, signal?: AbortSignal): Promise<void> => readFor(lab, config, signal),
    /** Stops reading; the dataset that was read before stays. */
    cancelReading: (): void => cancelReading(lab),
    /** Refuses a dropped item before anything is read. */
    refuseData: (message: string): void => refuse(lab, message),
  }
}
