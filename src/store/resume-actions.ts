/** Resuming a run that was interrupted or has ended, at the user's request. */
import { ConfigError, parseConfig, type RunConfig } from '../config/config.ts'
import type { DataInput } from '../protocol/data-report.ts'
import type { LoggedEvent, StartEvent } from '../protocol/run-events.ts'
import type { Run } from '../runs/reduce.ts'
import { createChannel } from './channel.ts'
import { type LabContext, say } from './context.ts'
import { read, sourceToRead } from './data-actions.ts'
import { sourceName } from './names.ts'
import { ChangedImages, isAbort, LabError } from './pending.ts'
import { postResume, recordedControl } from './resume-run.ts'
import { untilStopped } from './run-actions.ts'
import { findImages, mayRead, rememberImages } from './run-images.ts'
import { next } from './run-status.ts'
import { hasImagesOf, otherImages } from './same-images.ts'
import { noRun, notMeasuring, type ResumeProblem } from './state.ts'
import { isActive, loadedData, resumeBlocker } from './status.ts'

export interface ResumeOptions {
  /** Goes on with images that have changed, from the end of an epoch. */
  readonly acceptChanged?: boolean
  /** Epochs in total, to train a finished run further. */
  readonly epochs?: number
  /** Stops the run. */
  readonly signal?: AbortSignal
  /** Called when the start command is sent to the worker. */
  readonly onBegin?: (id: string) => void
}

/** The part of a run that finding its images needs. */
interface Named {
  readonly id: string
  readonly config: RunConfig
}

class Refused extends Error {
  override name = 'Refused'
  constructor(
    readonly kind: ResumeProblem['kind'],
    message: string,
  ) {
    super(message)
  }
}

const missing = ({ data: { source } }: RunConfig): Refused =>
  new Refused(
    'missing',
    `The images of this run came from ${sourceName(source)}, which this browser cannot open again by itself. Choose or drop ${sourceName(source)} in the step Data, then press Resume.`,
  )

const refused = ({ data: { source } }: RunConfig): Refused =>
  new Refused('refused', `Permission to read ${sourceName(source)} was not given. Press Resume to be asked again.`)

/** What to read for a run, with the user's permission. */
async function allowedImages(lab: LabContext, { id, config }: Named): Promise<DataInput> {
  const input = await findImages(lab, id, config)
  if (!input) throw missing(config)
  if (!(await mayRead(input))) throw refused(config)
  return input
}

/** Reads the images of a run where the worker does not hold them, and compares them with the run's. */
async function openImages(lab: LabContext, id: string, start: StartEvent, acceptChanged: boolean): Promise<void> {
  const { config } = start
  const open = loadedData(lab.store.getState().data)
  const isAccepted = open && (hasImagesOf(start, open) || (acceptChanged && open.report.source === config.data.source))
  if (isAccepted && !sourceToRead(lab, config)) return
  const input = open && hasImagesOf(start, open) ? open.reading.input : await allowedImages(lab, { id, config })
  await read(lab, input, config, config.data.layout)
  const loaded = loadedData(lab.store.getState().data)
  if (!loaded || hasImagesOf(start, loaded) || acceptChanged) return
  throw new Refused('changed', `${otherImages(start, loaded)}.`)
}

/** The recorded configuration with another number of epochs. Throws Refused for an invalid one. */
function extended(config: RunConfig, epochs: number | undefined): RunConfig {
  if (epochs === undefined) return config
  try {
    return parseConfig({ ...config, train: { ...config.train, epochs } })
  } catch (error) {
    if (error instanceof ConfigError) throw new Refused('failed', error.message)
    throw error
  }
}

/** Makes the run the live one again and asks the worker to go on with it. Returns its events. */
function begin(lab: LabContext, run: Run, config: RunConfig, acceptChanged: boolean): AsyncIterable<LoggedEvent> {
  const { store, series, host, pending } = lab
  const { id } = run
  series.resume()
  host.requestStorage()
  const channel = createChannel<LoggedEvent>()
  pending.run = channel
  pending.before = store.getState().run
  const control = recordedControl(run)
  store.setState(({ run: { status, moment, point }, live }) => ({
    run: { ...noRun, status: next(status, 'start') ?? status, id, config, moment, point },
    live: { ...live, on: true, held: false, ...control },
    measuring: notMeasuring,
    autoMeasure: null,
    failure: null,
    notStored: null,
    recovered: null,
    status: `Resuming ${config.name}.`,
  }))
  rememberImages(lab, id)
  postResume(lab, { run, config, mark: { reason: 'user', message: '' }, acceptChanged })
  return channel.values
}

/**
 * Goes on with the shown run from its newest resume point, and yields its events from there; the last one is `end`. Throws
 * LabError where it cannot, which the state shows too, and AbortError when the user stops it before its first step.
 */
export async function* resumedRun(lab: LabContext, options: ResumeOptions = {}): AsyncGenerator<LoggedEvent> {
  const { store, series } = lab
  const { acceptChanged = false, epochs, signal, onBegin } = options
  const run = series.current()
  if (!run?.start || isActive(store.getState().run.status)) return
  const { id, start } = run
  store.setState({ resuming: id, resumeProblem: null })
  try {
    const config = extended(start.config, epochs)
    await openImages(lab, id, start, acceptChanged)
    const blocker = resumeBlocker(store.getState())
    if (blocker) throw new Refused('failed', blocker)
    if (series.current() !== run) throw new Refused('failed', 'Another run was opened meanwhile. Press Resume again.')
    signal?.throwIfAborted()
    const events = begin(lab, run, config, acceptChanged)
    store.setState({ resuming: null })
    onBegin?.(id)
    yield* untilStopped(lab, events, signal)
  } catch (error) {
    throw problemOf(lab, id, error)
  } finally {
    if (store.getState().resuming === id) store.setState({ resuming: null })
  }
}

/** Shows why a run could not be resumed. */
function problemOf(lab: LabContext, id: string, error: unknown): unknown {
  if (!(error instanceof Refused) && !(error instanceof LabError)) return error
  const kind = error instanceof Refused ? error.kind : error instanceof ChangedImages ? 'changed' : 'failed'
  lab.store.setState({ resumeProblem: { id, kind, message: error.message } })
  say(lab, error.message)
  return new LabError(error.message)
}

async function attempt(work: () => Promise<void>): Promise<boolean> {
  try {
    await work()
    return true
  } catch (error) {
    if (error instanceof LabError || isAbort(error)) return false
    throw error
  }
}

export function resumeActions(lab: LabContext) {
  const { store } = lab
  return {
    /** Goes on with the shown run from its newest resume point. The state shows everything that happens. */
    resumeShown: async (options?: ResumeOptions): Promise<void> => {
      await attempt(async () => {
        for await (const _ of resumedRun(lab, options));
      })
    },
    /** Goes on with the shown run and yields its events; see resumedRun. */
    resumedRun: (options?: ResumeOptions): AsyncGenerator<LoggedEvent> => resumedRun(lab, options),
    /**
     * Asks the user for the permission to read a run's images, where the browser requires it: right after a press, since it asks
     * only then. Resolves with false where the user refuses; the state shows that.
     */
    askForImages: (named: Named): Promise<boolean> =>
      attempt(async () => {
        const input = await findImages(lab, named.id, named.config)
        if (input && !(await mayRead(input))) throw problemOf(lab, named.id, refused(named.config))
      }),
    /**
     * Reads the images of a recorded run where they are not open, with the user's permission. Rejects with LabError where they
     * cannot be read or are others, and with AbortError.
     */
    openImages: async (id: string, start: StartEvent): Promise<void> => {
      try {
        await openImages(lab, id, start, false)
      } catch (error) {
        throw error instanceof Refused ? new LabError(error.message) : error
      }
    },
    dismissResumeProblem: (): void => store.setState({ resumeProblem: null }),
    dismissRecovered: (): void => store.setState({ recovered: null }),
  }
}
