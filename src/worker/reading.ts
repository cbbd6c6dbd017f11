/** Reads the worker's dataset and sends samples of it to the page. */
import { openInput } from '../data/open/open-input.ts'
import { samplesOf, samplesOfClass } from '../data/set/samples.ts'
import type { ImageSet, OnProgress } from '../data/source.ts'
import { messageOf } from '../message.ts'
import type { LabCommand } from '../protocol/commands.ts'
import { abortable } from '../wait.ts'
import { type Audit, createAudit, type Pace } from './audit.ts'
import { checkStore, identify } from './check-store.ts'
import { cacheImages, decode } from './images.ts'
import { type Post, throttled } from './post.ts'

/** The URL of the page's folder. The worker's script is in assets/ in a build, and in src/ on the dev server. */
const home = new URL(import.meta.env.DEV ? '/' : '../', self.location.href)

/** Fetches a file from the page's folder. */
async function fetchFile(path: string): Promise<Response> {
  const response = await fetch(new URL(path, home))
  if (!response.ok) throw new Error(`${path}: ${response.status} ${response.statusText}`)
  return response
}

const fetchBytes = async (name: string) => new Uint8Array(await (await fetchFile(`data/cifar10/${name}`)).arrayBuffer())
const readNames = async () => (await fetchFile('wordnet-names.txt')).text()

/** A dataset with the settings that it was read with. */
export interface LoadedSet {
  readonly set: ImageSet
  readonly seed: number
  readonly validationFraction: number
}

export interface Reading {
  readonly loaded: () => LoadedSet | null
  /** Lists a dataset; its images are then read in the background. */
  readonly read: (command: Extract<LabCommand, { type: 'read-data' }>) => Promise<void>
  readonly cancel: () => void
  /** Stops reading images in the background, or goes on with it. */
  readonly setChecking: (on: boolean) => void
  readonly showClass: (label: number) => Promise<void>
  /** How fast images are read in the background. Resolves once no image is read at the pace before. */
  readonly setPace: (pace: Pace) => Promise<void>
  /** The dataset once all its images have been read. Rejects where they cannot, and with the signal's reason. */
  readonly audited: (signal: AbortSignal, onProgress: OnProgress) => Promise<LoadedSet>
  /** Calls `listener` each time that all images have been read. */
  readonly onAudited: (listener: (set: ImageSet) => void) => void
}

/** The dataset that the worker holds, and what goes on with it. */
interface State {
  readonly post: Post
  loaded: (LoadedSet & { readonly request: number; readonly side: number }) | null
  reading: AbortController | null
  audit: Audit | null
  pace: Pace
  listener: (set: ImageSet) => void
  /** Follows the progress for those who wait for the end. */
  watch: OnProgress
}

/** Milliseconds between two messages about the progress in the background. */
const auditInterval = 250

const isRead = ({ set: { report, audit } }: LoadedSet): boolean => !audit || report.checked >= report.files

/** Reads the images of the loaded dataset in the background, unless that has been done. */
function beginAudit(state: State): void {
  const { loaded, post } = state
  state.audit?.drop()
  state.audit = null
  if (!loaded || isRead(loaded)) return
  const { request, side, set } = loaded
  const timed = timedProgress()
  const report = throttled((done, total) => {
    const secondsPerImage = state.pace === 'full' ? timed(done) : null
    post({ type: 'auditing', request, done, total, secondsPerImage })
    state.watch(done, total)
  }, auditInterval)
  const end = async (read: ImageSet, message: string | null) => {
    if (state.loaded?.request === request) state.loaded = { ...state.loaded, set: read }
    const isSame = read.classes.length === set.classes.length
    const samples = isSame ? {} : { samples: await samplesOf(read, loaded.seed, new AbortController().signal) }
    post({ type: 'audited', request, report: read.report, ...samples, message })
  }
  state.audit = createAudit(
    set,
    {
      onProgress: report,
      onEnd: (read) => {
        void end(read, null)
        if (isRead({ ...loaded, set: read })) state.listener(read)
      },
      onFailure: (error) => void end(set, messageOf(error)),
      openCache: () => cacheImages(side),
      now: () => performance.now(),
      cores: navigator.hardwareConcurrency || 2,
    },
    state.pace,
  )
}

async function read(state: State, command: Extract<LabCommand, { type: 'read-data' }>): Promise<void> {
  const { post } = state
  const { request, input, validationFraction, seed, layout, maxMegapixels, side } = command
  state.reading?.abort()
  const controller = new AbortController()
  state.reading = controller
  const { signal } = controller
  try {
    const split = { validationFraction, seed, layout, maxMegapixels }
    const options = { fetchBytes, decode, readNames, checks: checkStore, identify, ...split, check: 'none' } as const
    const set = await openInput(input, options, progressTo(post, request), signal)
    const samples = await samplesOf(set, seed, signal)
    if (signal.aborted) return
    state.loaded = { set, seed, validationFraction, request, side }
    post({ type: 'data', request, report: set.report, samples, secondsPerImage: null })
    beginAudit(state)
  } catch (error) {
    // A read that a newer one has replaced is not reported.
    if (state.reading === controller)
      post({ type: 'data-refused', request, message: messageOf(error), cancelled: signal.aborted })
  }
}

async function audited(state: State, signal: AbortSignal, onProgress: OnProgress): Promise<LoadedSet> {
  if (!state.loaded) throw new Error('There is no dataset.')
  if (!isRead(state.loaded)) {
    if (!state.audit) beginAudit(state)
    state.watch = onProgress
    await abortable(state.audit?.complete, signal).finally(() => {
      state.watch = () => {}
    })
  }
  return state.loaded
}

export function createReading(post: Post): Reading {
  const state: State = {
    post,
    loaded: null,
    reading: null,
    audit: null,
    pace: 'full',
    listener: () => {},
    watch: () => {},
  }
  return {
    loaded: () => state.loaded,
    read: (command) => read(state, command),
    cancel: () => state.reading?.abort(),
    setChecking: (on) => {
      if (on) beginAudit(state)
      else {
        state.audit?.stop()
        state.audit = null
      }
    },
    setPace: async (pace) => {
      state.pace = pace
      await state.audit?.setPace(pace)
    },
    audited: (signal, onProgress) => audited(state, signal, onProgress),
    onAudited: (listener) => {
      state.listener = listener
    },
    /** Sends no samples if none can be read. */
    showClass: async (label) => {
      if (!state.loaded) return
      const { set, seed } = state.loaded
      post({ type: 'samples', label, samples: await samplesOfClass(set, label, seed, new AbortController().signal) })
    },
  }
}

const progressTo = (post: Post, request: number): OnProgress =>
  throttled((done) => post({ type: 'reading', request, done }))

/** Images below which the average time is not reported. */
const fewImages = 20

/** The average seconds per image since the first one; null for few images. */
function timedProgress(): (done: number) => number | null {
  let first: { done: number; time: number } | null = null
  return (done) => {
    first ??= { done, time: performance.now() }
    const images = done - first.done
    return images < fewImages ? null : (performance.now() - first.time) / 1000 / images
  }
}
