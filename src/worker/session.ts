/** One lab in one worker: a GPU, a data set, a run. Plain functions behind the messages. */

import type { RunConfig } from '../config/config.ts'
import { openInput } from '../data/open-input.ts'
import { samplesOf, samplesOfClass } from '../data/samples.ts'
import { selectImages } from '../data/select.ts'
import type { Decode, ImageSet } from '../data/source.ts'
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
import { cachesMessage, decode, deleteCache, keepImages, preparedImages } from './images.ts'
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

  async function readData({ request, input, validationFraction, seed, side }: Command<'read-data'>): Promise<void> {
    reading?.abort()
    const controller = new AbortController()
    reading = controller
    skipping = new AbortController()
    const { signal } = controller
    const { keep, end } = keepImages(side)
    const timed = timedDecode()
    try {
      const options = { fetchBytes, decode: timed.decode, readNames, checks: checkStore, validationFraction, seed }
      const skip = skipping.signal
      const found = await openInput(input, { ...options, keep, skip }, progressTo(post, request), signal).finally(end)
      const secondsPerImage = timed.secondsPerImage()
      const samples = await samplesOf(found, seed, signal)
      if (signal.aborted) return
      set = found
      sampleSeed = seed
      post({ type: 'data', request, report: found.report, samples, secondsPerImage })
    } catch (error) {
      // A read that a newer one replaced has nothing to say.
      if (reading === controller)
        post({ type: 'data-refused', request, message: messageOf(error), cancelled: signal.aborted })
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
    let close = () => {}
    try {
      const device = await usableGpu()
      const prepared = await preparedOf(selectImages(set, config.data, config.seed), config, controller.signal)
      close = prepared.close
      const data = prepared.set
      const kernels = await timedKernels(command, device, data.classes.length, controller.signal)
      const environment = environmentOf(navigator.userAgent, device, data, { kernels })
      const save = await openCheckpoints(runId).catch(cannotKeep)
      const began = performance.now()
      for await (const event of train({
        config,
        data,
        environment,
        warnings: prepared.warnings,
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
      const stopped = controller.signal.aborted
      post({
        type: 'failure',
        message: stopped ? 'Stopped before the first step; nothing was recorded.' : messageOf(error),
      })
    } finally {
      close()
      running = null
      live = createLive()
    }
  }

  async function preparedOf(chosen: ImageSet, config: RunConfig, signal: AbortSignal) {
    const progress = throttled((done, total, kept) => post({ type: 'preparing', done, total, kept }))
    try {
      return await preparedImages(chosen, config, progress, signal)
    } finally {
      post({ type: 'preparing', done: 0, total: 0, kept: true })
    }
  }

  async function removeCache({ id }: Command<'delete-cache'>): Promise<void> {
    try {
      await deleteCache(id)
    } catch (error) {
      post({ type: 'failure', message: messageOf(error) })
    }
    post(await cachesMessage())
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
        void cachesMessage().then((message) => post(message))
        return
      case 'delete-cache':
        void removeCache(command)
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

/** At most 20 messages a second, and the last one. */
function throttled(tell: (done: number, total: number, kept: boolean) => void): typeof tell {
  let last = 0
  return (done, total, kept) => {
    const now = performance.now()
    if (now - last < 50 && done !== total) return
    last = now
    tell(done, total, kept)
  }
}

const progressTo = (post: Post, request: number): ((done: number, total: number) => void) => {
  const tell = throttled((done, total) => post({ type: 'reading', request, done, total }))
  return (done, total) => tell(done, total, false)
}

/** So few say nothing of the time that more would take. */
const fewImages = 20

/** Decodes, and tells what an image took since the first began. */
function timedDecode(): { readonly decode: Decode; readonly secondsPerImage: () => number | null } {
  let [images, began] = [0, 0]
  return {
    decode: (bytes, side) => {
      if (images++ === 0) began = performance.now()
      return decode(bytes, side)
    },
    secondsPerImage: () => (images < fewImages ? null : (performance.now() - began) / 1000 / images),
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
