/** A worker's session in Node. The parts that need a browser are in memory; everything else is real. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { sideOf } from '../config/side.ts'
import { prepareImages } from '../data/feed/prepare.ts'
import type { ImageSet } from '../data/source.ts'
import { openGpu } from '../gpu/backend.ts'
import { openNodeGpu } from '../gpu/node/driver.ts'
import type { Gpu } from '../gpu/read.ts'
import type { LabMessage } from '../protocol/messages.ts'
import type { LoggedEvent } from '../protocol/run-events.ts'
import type { SessionHost } from '../worker/host.ts'
import { runsIn } from '../worker/run-storage.ts'
import { createSession } from '../worker/session.ts'
import { type TestStorage, testStorage } from './opfs.ts'
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
  /** The browser's storage; by default an empty one. */
  readonly storage?: TestStorage
}

/** A storage that lasts as long as the test. */
function ownStorage(): TestStorage {
  const storage = testStorage()
  onTestFinished(storage.dispose)
  return storage
}

/** The checkpoints of all runs, by `RUN/FILE`. */
function checkpointsIn({ path }: TestStorage): ReadonlyMap<string, Uint8Array<ArrayBuffer>> {
  const found = readdirSync(path, { recursive: true, encoding: 'utf8' })
  const files = found.filter((file) => /^runs\/[^/]+\/checkpoints\/[^/]+\.safetensors$/.test(file)).sort()
  return new Map(
    files.map((file) => {
      const [, run, , name] = file.split('/')
      return [`${run}/${name}`, new Uint8Array(readFileSync(join(path, file)))]
    }),
  )
}

let shared: Promise<Gpu | null> = Promise.resolve(null)

/** The device of this process's sessions, which so share its compiled programs; a new one after a failure. */
function sharedGpu(): Promise<Gpu> {
  const opened = shared.then(async (last) => (last && !last.failure() ? last : openGpu((await openNodeGpu()).gpu)))
  shared = opened
  return opened
}

/** A session, the messages that it posted, its checkpoints and its devices. */
export function openTestSession({ set = toySet, host = {}, storage = ownStorage() }: Options = {}) {
  const messages: LabMessage[] = []
  const waiting = new Set<() => void>()
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
      const gpu = await sharedGpu()
      devices.push(gpu)
      return gpu
    },
    reading: {
      loaded: () => loaded,
      read: nothing,
      cancel: () => {},
      setChecking: () => {},
      showClass: nothing,
      setPace: nothing,
      audited: async () => loaded ?? Promise.reject(new Error('there is no dataset')),
      onAudited: () => {},
    },
    prepareImages: uncached,
    kernels: { read: async () => null, write: nothing },
    runs: runsIn(storage.worker()),
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
  const events = (): LoggedEvent[] => messages.flatMap((one) => (one.type === 'event' ? [one.event] : []))
  /** Resolves with the first event of a type that satisfies a condition. */
  const event = async <T extends LoggedEvent['type']>(
    type: T,
    is: (event: Extract<LoggedEvent, { type: T }>) => boolean = () => true,
  ): Promise<Extract<LoggedEvent, { type: T }>> => {
    const isOne = (one: LoggedEvent): one is Extract<LoggedEvent, { type: T }> => one.type === type
    await message((one): one is LabMessage => one.type === 'event' && isOne(one.event) && is(one.event))
    return events().filter(isOne).find(is) as Extract<LoggedEvent, { type: T }>
  }
  return {
    ...session,
    messages,
    message,
    events,
    event,
    devices,
    storage,
    get files() {
      return checkpointsIn(storage)
    },
  }
}
