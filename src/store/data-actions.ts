/** Reading data sets. */
import { sideOf } from '../config/side.ts'
import type { DataInput, PathFile } from '../protocol/data-report.ts'
import { type LabContext, type Reading, say } from './context.ts'
import type { DataState } from './state.ts'
import { isActive, loadedData } from './status.ts'
import { createTimeLeft } from './time-left.ts'

const nameOf = (input: DataInput): string => {
  if (input.kind === 'cifar10') return 'CIFAR-10'
  return input.kind === 'archive' ? input.file.name : input.name
}

/** The state that a cancelled reading leaves. */
export function withoutReading(data: DataState): DataState {
  const previous = loadedData(data)
  return previous ? { status: 'ready', ...previous } : { status: 'none' }
}

const isReadWith = (reading: Reading, { validationFraction, seed }: Omit<Reading, 'input'>) =>
  reading.input.kind === 'cifar10' || (reading.validationFraction === validationFraction && reading.seed === seed)

/** True when the worker does not hold the data as the configuration splits them. */
export function mustReadAgain({ session, store }: LabContext): boolean {
  const { config } = store.getState()
  const wanted = { validationFraction: config.data.validationFraction, seed: config.seed }
  return session.lost || !session.loaded || !isReadWith(session.loaded, wanted)
}

const readingOf = (name: string, data: DataState): DataState => ({
  status: 'reading',
  name,
  done: 0,
  total: 0,
  left: null,
  skipping: false,
  previous: loadedData(data),
})

/** Says why a source cannot be used; what was read before stays. */
export const refuse = ({ store }: LabContext, message: string): void =>
  store.setState(({ data }) => ({ data: { status: 'refused', message, previous: loadedData(data) }, status: message }))

/** Asks the worker to read a data set with the configuration's split. */
export function read({ store, session, client }: LabContext, input: DataInput): void {
  const { config, data } = store.getState()
  const split = { validationFraction: config.data.validationFraction, seed: config.seed }
  const request = ++session.request
  session.reading = { input, ...split }
  session.timeLeft = createTimeLeft()
  store.setState({ data: readingOf(nameOf(input), data), status: `Reading ${nameOf(input)}.` })
  const side = sideOf(config.data)
  client.post({ type: 'read-data', request, input, ...split, side })
}

export function dataActions(lab: LabContext) {
  const { store, session, client } = lab
  const busy = () => isActive(store.getState().run.status)

  const collect = async (name: string, files: Promise<readonly PathFile[]>) => {
    const request = ++session.request
    store.setState(({ data }) => ({ data: readingOf(name, data) }))
    try {
      const found = await files
      if (request === session.request) read(lab, { kind: 'files', name, files: found })
    } catch (error) {
      if (request === session.request) refuse(lab, `${name} could not be read: ${String(error)}. Choose it again.`)
    }
  }

  return {
    readCifar10: (): void => {
      if (!busy()) read(lab, { kind: 'cifar10' })
    },
    /** Reads a folder; its files may still be on their way. */
    readFiles: async (name: string, files: readonly PathFile[] | Promise<readonly PathFile[]>): Promise<void> => {
      if (!busy()) await collect(name, Promise.resolve(files))
    },
    readArchive: (file: File): void => {
      if (!busy()) read(lab, { kind: 'archive', file })
    },
    /** Reads folders or archives by their handles, which are remembered once they could be read. */
    readHandles: (name: string, handles: readonly FileSystemHandle[]): void => {
      if (!busy()) read(lab, { kind: 'handles', name, handles })
    },
    /** Takes the images that were not read yet as they are listed. */
    skipChecks: (): void => {
      const { data } = store.getState()
      if (data.status !== 'reading' || data.total === 0) return
      client.post({ type: 'skip-checks' })
      store.setState({ data: { ...data, skipping: true } })
      say(lab, 'The check is skipped.')
    },
    /** Looks at a class, by its index in the report; null goes back to images of all classes. */
    showClass: (label: number | null): void => {
      store.setState({ classSamples: label === null ? null : { label, samples: null } })
      if (label !== null) client.post({ type: 'show-class', label })
    },
    /** Reads the source again where the configuration splits it otherwise; whether it does. */
    readAgain: (): boolean => {
      if (busy() || !session.loaded || !mustReadAgain(lab)) return false
      read(lab, session.loaded.input)
      return true
    },
    /** Stops reading; what was read before stays. */
    cancelReading: (): void => {
      if (store.getState().data.status !== 'reading') return
      session.request++
      session.startAfterReading = false
      if (session.reading) client.post({ type: 'cancel-reading' })
      session.reading = null
      store.setState(({ data }) => ({ data: withoutReading(data) }))
      say(lab, 'Reading cancelled.')
    },
    /** Refuses what was dropped before anything is read. */
    refuseData: (message: string): void => refuse(lab, message),
  }
}
