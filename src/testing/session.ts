/** A worker's session in Node. The parts that need a browser are in memory; everything else is real. */
import { sideOf } from '../config/side.ts'
import { prepareImages } from '../data/feed/prepare.ts'
import type { ImageSet } from '../data/source.ts'
import { openGpu } from '../gpu/backend.ts'
import { openNodeGpu } from '../gpu/node/driver.ts'
import type { Gpu } from '../gpu/read.ts'
import type { LabMessage } from '../protocol/messages.ts'
import type { RecordedEvent, RunEvent } from '../protocol/run-events.ts'
import type { SessionHost } from '../worker/host.ts'
import { createSession } from '../worker/session.ts'
import { syntheticSet } from './synthetic.ts'

const toySet = syntheticSet({ classes: 3, train: 4, validation: 3, size: 16 })

/** Prepares images without a cache. */
export const uncached: SessionHost['prepareImages'] = (images, { data }, options) =>
  prepareImages(images, { ...options, side: sideOf(data), folders: null })

interface Options {
  /** The dataset that the worker holds; null for none. */
  readonly set?: ImageSet | null
  /** Replaces parts of the host. */
  readonly host?: Partial<SessionHost>
}

/** A session, the messages that it posted, its checkpoints and its devices. */
export function openTestSession({ set = toySet, host = {} }: Options = {}) {
  const messages: LabMessage[] = []
  const waiting = new Set<() => void>()
  const files = new Map<string, Uint8Array<ArrayBuffer>>()
  const devices: Gpu[] = []
  const loaded = set && { set, seed: 5, validationFraction: 0.1, mayBeSplit: false }
  const nothing = async () => {}
  const session = createSession({
    post: (message) => {
      messages.push(message)
      for (const look of waiting) look()
    },
    name: 'a test',
    now: () => performance.now(),
    openGpu: async () => {
      const gpu = await openGpu((await openNodeGpu()).gpu)
      devices.push(gpu)
      return gpu
    },
    reading: { loaded: () => loaded, read: nothing, cancel: () => {}, skipChecks: () => {}, showClass: nothing },
    prepareImages: uncached,
    kernels: { read: async () => null, write: nothing },
    openCheckpoints: async (runId) => async (file, bytes) => void files.set(`${runId}/${file}`, bytes),
    readCheckpoint: async (runId, file) => {
      const bytes = files.get(`${runId}/${file}`)
      if (!bytes) throw new Error(`no such checkpoint: ${file}`)
      return bytes
    },
    listCaches: async () => ({ type: 'caches', caches: [], free: null }),
    deleteCache: nothing,
    ...host,
  })
  /** Resolves with the first message, past or future, that `found` accepts. Resolves in a new task, as in the page. */
  const message = async <T extends LabMessage>(found: (one: LabMessage) => one is T): Promise<T> => {
    const first = await posted(found)
    await new Promise((resolve) => setTimeout(resolve))
    return first
  }
  const posted = <T extends LabMessage>(found: (one: LabMessage) => one is T): Promise<T> =>
    new Promise((resolve) => {
      const look = () => {
        const first = messages.find(found)
        if (!first) return
        waiting.delete(look)
        resolve(first)
      }
      waiting.add(look)
      look()
    })
  const events = (): RecordedEvent[] =>
    messages.flatMap((one) => (one.type === 'event' ? [one.event as RecordedEvent] : []))
  /** Resolves with the first event of a type that satisfies a condition. */
  const event = async <T extends RunEvent['type']>(
    type: T,
    is: (event: Extract<RecordedEvent, { type: T }>) => boolean = () => true,
  ): Promise<Extract<RecordedEvent, { type: T }>> => {
    const isOne = (one: RecordedEvent): one is Extract<RecordedEvent, { type: T }> => one.type === type
    await message(
      (one): one is LabMessage =>
        one.type === 'event' &&
        isOne(one.event as RecordedEvent) &&
        is(one.event as Extract<RecordedEvent, { type: T }>),
    )
    return events().filter(isOne).find(is) as Extract<RecordedEvent, { type: T }>
  }
  return { ...session, messages, message, events, event, files, devices }
}
