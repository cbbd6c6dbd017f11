/** Reading data sets. */
import { sideOf } from '../config/side.ts'
import type { DataInput, PathFile } from '../events.ts'
import { type LabContext, type Reading, say } from './context.ts'
import type { DataState } from './state.ts'
import { isActive, loadedData } from './status.ts'

const nameOf = (input: DataInput): string => {
  if (input.kind === 'cifar10') return 'CIFAR-10'
  return input.kind === 'files' ? input.name : input.file.name
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

/** Asks the worker to read a data set with the configuration's split. */
export function read({ store, session, client }: LabContext, input: DataInput): void {
  const { config, data } = store.getState()
  const split = { validationFraction: config.data.validationFraction, seed: config.seed }
  session.request++
  session.reading = { input, ...split }
  store.setState({
    data: { status: 'reading', name: nameOf(input), done: 0, total: 0, previous: loadedData(data) },
    status: `Reading ${nameOf(input)}.`,
  })
  client.post({ type: 'read-data', input, ...split, side: sideOf(config.data.augmentation, config.data.inputSize) })
}

export function dataActions(lab: LabContext) {
  const { store, session, client } = lab
  const busy = () => isActive(store.getState().run.status)

  const refuse = (message: string) =>
    store.setState(({ data }) => ({
      data: { status: 'refused', message, previous: loadedData(data) },
      status: message,
    }))

  const collect = async (name: string, files: Promise<readonly PathFile[]>) => {
    const request = ++session.request
    store.setState(({ data }) => ({ data: { status: 'reading', name, done: 0, total: 0, previous: loadedData(data) } }))
    try {
      const found = await files
      if (request === session.request) read(lab, { kind: 'files', name, files: found })
    } catch (error) {
      if (request === session.request) refuse(`${name} could not be read: ${String(error)}. Choose it again.`)
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
    refuseData: refuse,
  }
}
