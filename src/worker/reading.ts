/** Reads the worker's dataset and sends samples of it to the page. */
import { openInput } from '../data/open/open-input.ts'
import { samplesOf, samplesOfClass } from '../data/set/samples.ts'
import type { Decode, ImageSet } from '../data/source.ts'
import { messageOf } from '../message.ts'
import type { LabCommand } from '../protocol/commands.ts'
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
  readonly read: (command: Extract<LabCommand, { type: 'read-data' }>) => Promise<void>
  readonly cancel: () => void
  readonly skipChecks: () => void
  readonly showClass: (label: number) => Promise<void>
}

export function createReading(post: Post): Reading {
  let loaded: LoadedSet | null = null
  let reading: AbortController | null = null
  let skipping = new AbortController()

  async function read(command: Extract<LabCommand, { type: 'read-data' }>): Promise<void> {
    const { request, input, validationFraction, seed, layout, maxMegapixels, side } = command
    reading?.abort()
    const controller = new AbortController()
    reading = controller
    skipping = new AbortController()
    const { signal } = controller
    const { open: cache, end } = cacheImages(side)
    const timed = timedDecode()
    try {
      const split = { validationFraction, seed, layout, maxMegapixels }
      const options = { fetchBytes, decode: timed.decode, readNames, checks: checkStore, identify, ...split }
      const skip = skipping.signal
      const set = await openInput(input, { ...options, cache, skip }, progressTo(post, request), signal).finally(end)
      const secondsPerImage = timed.secondsPerImage()
      const samples = await samplesOf(set, seed, signal)
      if (signal.aborted) return
      loaded = { set, seed, validationFraction }
      post({ type: 'data', request, report: set.report, samples, secondsPerImage })
    } catch (error) {
      // A read that a newer one has replaced is not reported.
      if (reading === controller)
        post({ type: 'data-refused', request, message: messageOf(error), cancelled: signal.aborted })
    }
  }

  return {
    loaded: () => loaded,
    read,
    cancel: () => reading?.abort(),
    skipChecks: () => skipping.abort(),
    /** Sends no samples if none can be read. */
    showClass: async (label) => {
      if (!loaded) return
      const samples = await samplesOfClass(loaded.set, label, loaded.seed, new AbortController().signal)
      post({ type: 'samples', label, samples })
    },
  }
}

const progressTo = (post: Post, request: number): ((done: number, total: number) => void) =>
  throttled((done, total) => post({ type: 'reading', request, done, total }))

/** Images below which the average time is not reported. */
const fewImages = 20

/** Decodes images and measures the average time per image since the first one. */
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
