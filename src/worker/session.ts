/** One lab in one worker: a GPU, a data set, a run. Plain functions behind the messages. */
import { decode } from '../data/decode-browser.ts'
import { openInput } from '../data/open-input.ts'
import { samplesOf, samplesOfClass } from '../data/samples.ts'
import { selectImages } from '../data/select.ts'
import type { ImageSet } from '../data/source.ts'
import type { LabCommand, LabMessage } from '../events.ts'
import { openGpu } from '../gpu/backend.ts'
import { DeviceError } from '../gpu/device.ts'
import type { Gpu } from '../gpu/read.ts'
import { environmentOf } from '../train/environment.ts'
import { prepareKernels } from '../train/kernels.ts'
import { createLive } from '../train/live.ts'
import { train } from '../train/train.ts'
import { checkStore } from './check-store.ts'
import { openCheckpoints } from './checkpoints.ts'
import { kernelStore } from './kernel-store.ts'

export type Post = (message: LabMessage, transfer?: Transferable[]) => void

export interface Session {
  readonly handle: (command: LabCommand) => void
}

type Command<T extends LabCommand['type']> = Extract<LabCommand, { type: T }>

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

/** The page's own folder, seen from the worker's script: a build puts that into assets/, the dev server serves it from src/. */
const home = new URL(import.meta.env.DEV ? '/' : '../', self.location.href)

/** Files of the page's own origin, beside the page. */
async function fetchFile(path: string): Promise<Response> {
  const response = await fetch(new URL(path, home))
  if (!response.ok) throw new Error(`${path}: ${response.status} ${response.statusText}`)
  return response
}

const fetchBytes = async (name: string) => new Uint8Array(await (await fetchFile(`data/cifar10/${name}`)).arrayBuffer())
const readNames = async () => (await fetchFile('wordnet-names.txt')).text()

export function createSession(post: Post): Session {
  let gpu = openReported(post)
  let set: ImageSet | null = null
  let reading: AbortController | null = null
  let skipping = new AbortController()
  let sampleSeed = 0
  let running: AbortController | null = null
  let live = createLive()
  let tuning = new AbortController()

  /** The device, opened anew where it was lost or could not be had. */
  async function usableGpu(): Promise<Gpu> {
    const current = await gpu
    if (current && !current.failure()) return current
    current?.destroy()
    gpu = openReported(post)
    const fresh = await gpu
    if (!fresh) throw new Error('There is no usable GPU; see the notice above.')
    return fresh
  }

  async function readData({ input, validationFraction, seed }: Command<'read-data'>): Promise<void> {
    reading?.abort()
    const controller = new AbortController()
    reading = controller
    skipping = new AbortController()
    const { signal } = controller
    try {
      const options = { fetchBytes, decode, readNames, checks: checkStore, validationFraction, seed }
      const found = await openInput(input, { ...options, skip: skipping.signal }, progressTo(post), signal)
      const samples = await samplesOf(found, seed, signal)
      if (signal.aborted) return
      set = found
      sampleSeed = seed
      post({ type: 'data', report: found.report, samples, secondsPerImage: null })
    } catch (error) {
      // A read that a newer one replaced has nothing to say.
      if (reading === controller) post({ type: 'data-refused', message: messageOf(error), cancelled: signal.aborted })
    }
  }

  /** A class that cannot be shown shows nothing. */
  async function showClass({ label }: Command<'show-class'>): Promise<void> {
    if (!set) return
    const samples = await samplesOfClass(set, label, sampleSeed, new AbortController().signal)
    post({ type: 'samples', label, samples })
  }

  async function start(command: Command<'start'>): Promise<void> {
    const { config, runId, eager } = command
    if (running) return post({ type: 'failure', message: 'A run is going on; stop it before starting another.' })
    if (!set) return post({ type: 'failure', message: 'There is no data yet: choose CIFAR-10 or drop a folder first.' })
    const controller = new AbortController()
    running = controller
    try {
      const device = await usableGpu()
      const data = selectImages(set, config.data, config.seed)
      const kernels = await timedKernels(command, device, data.classes.length, controller.signal)
      const environment = environmentOf(navigator.userAgent, device, data, { kernels })
      const save = await openCheckpoints(runId).catch(cannotKeep)
      const began = performance.now()
      for await (const event of train({
        config,
        data,
        environment,
        gpu: device,
        live,
        signal: controller.signal,
        eager,
        now: () => performance.now(),
        save,
      })) {
        post({ type: 'event', event: { ...event, time: Math.round(performance.now() - began) } })
      }
    } catch (error) {
      post({ type: 'failure', message: messageOf(error) })
    } finally {
      running = null
      live = createLive()
    }
  }

  /** The kernels of a run, timed where that is due; `skip-tuning` and a stop end the timing. */
  function timedKernels(
    { config, tuning: mode }: Command<'start'>,
    device: Gpu,
    classes: number,
    stopped: AbortSignal,
  ) {
    tuning = new AbortController()
    return prepareKernels({
      gpu: device,
      config,
      classes,
      tuning: mode,
      store: kernelStore,
      now: () => performance.now(),
      onProgress: (done, total, work) => post({ type: 'tuning', done, total, work }),
      signal: AbortSignal.any([tuning.signal, stopped]),
    })
  }

  const handle = (command: LabCommand): void => {
    switch (command.type) {
      case 'read-data':
        void readData(command)
        return
      case 'cancel-reading':
        reading?.abort()
        return
      case 'skip-checks':
        skipping.abort()
        return
      case 'show-class':
        void showClass(command)
        return
      case 'list-caches':
      case 'delete-cache':
        post({ type: 'caches', caches: [], free: null })
        return
      case 'start':
        void start(command)
        return
      case 'alpha':
        live.hold(command.value)
        return
      case 'hand-back':
        live.handBack()
        return
      case 'pause':
        live.pause()
        return
      case 'resume':
        live.resume()
        return
      case 'step':
        live.stepOnce()
        return
      case 'skip-tuning':
        tuning.abort()
        return
      case 'stop':
        running?.abort()
        return
      default:
        command satisfies never
    }
  }
  return { handle }
}

/** Where storage cannot be had, every checkpoint becomes a warning and training goes on. */
const cannotKeep = (error: unknown) => async () => {
  throw new Error(`the browser offers no storage for it (${messageOf(error)})`)
}

/** At most 20 progress messages a second, and the last one. */
function progressTo(post: Post): (done: number, total: number) => void {
  let last = 0
  return (done, total) => {
    const now = performance.now()
    if (now - last < 50 && done !== total) return
    last = now
    post({ type: 'reading', done, total })
  }
}

/** Opens the GPU and tells the page what was found or why it was refused. */
async function openReported(post: Post): Promise<Gpu | null> {
  try {
    const gpu = await openGpu(navigator.gpu)
    post({ type: 'device', adapter: gpu.adapter })
    return gpu
  } catch (error) {
    const known = error instanceof DeviceError ? error.reason : 'error'
    const reason = known === 'no-webgpu' || known === 'no-adapter' || known === 'self-test' ? known : 'error'
    post({ type: 'device-refused', reason, message: messageOf(error) })
    return null
  }
}
