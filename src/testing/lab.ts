/** A lab in which the test acts as the worker. Everything else is real. */
import type { LabCommand } from '../protocol/commands.ts'
import type { LabMessage } from '../protocol/messages.ts'
import type { LoggedEvent, RecordedEvent } from '../protocol/run-events.ts'
import { logged } from '../runs/logged.ts'
import { createLab } from '../store/create-lab.ts'
import { createSeries } from '../store/series.ts'
import type { RecentSource } from '../store/sources.ts'
import type { PortListener } from '../worker/client.ts'
import { adapter, report, startEvent } from './events.ts'

export function memory(values: Map<string, string> = new Map()) {
  return {
    getItem: (key: string) => values.get(key) ?? null,
    setItem: (key: string, value: string) => void values.set(key, value),
    removeItem: (key: string) => void values.delete(key),
  }
}

/** A screen that counts its locks. A hidden page loses its lock, as in the browser. */
function testScreen() {
  let visible = true
  let listener = () => {}
  let taken = 0
  const locks = new Set<object>()
  return {
    isVisible: () => visible,
    onChange: (next: () => void) => {
      listener = next
    },
    keepOn: async () => {
      taken++
      const lock = { release: async () => void locks.delete(lock) }
      locks.add(lock)
      return lock
    },
    held: () => locks.size,
    taken: () => taken,
    show: (now: boolean) => {
      visible = now
      if (!now) locks.clear()
      listener()
    },
  }
}

interface Before {
  readonly hash?: string
  readonly stored?: Record<string, string>
  readonly recent?: readonly RecentSource[]
  readonly random?: () => number
  /** Handles of runs' images. */
  readonly ofRuns?: Readonly<Record<string, readonly FileSystemHandle[]>>
}

type Answer = LabMessage extends infer M
  ? M extends { readonly request: number }
    ? Omit<M, 'request'> & { readonly request?: number }
    : M
  : never

/** Returns the lab, the commands that it sent to its workers, and functions that answer like a worker. */
export function openLab({ hash = '', stored = {}, recent = [], random = () => 0x3f9a, ofRuns = {} }: Before = {}) {
  const sent: LabCommand[] = []
  const saved: { name: string; blob: Blob }[] = []
  const workers: PortListener[] = []
  const series = createSeries()
  const remembered = new Map(Object.entries(stored))
  const handles = new Map(Object.entries(ofRuns))
  const browser = {
    sources: recent,
    storageRequests: 0,
    memory: () => Object.fromEntries(remembered),
    handlesOf: (runId: string) => handles.get(runId),
  }
  const screen = testScreen()

  const lab = createLab({
    connect: (listener) => {
      workers.push(listener)
      return { post: (command) => void sent.push(command), close: () => {} }
    },
    series,
    memory: memory(remembered),
    hash,
    now: () => new Date(2026, 0, 31, 14, 2, 5),
    random,
    storedFiles: () => ({ read: async () => null, list: async () => [] }),
    sources: {
      read: async () => browser.sources,
      write: async (sources) => {
        browser.sources = sources
      },
      readOf: async (runId) => handles.get(runId) ?? null,
      writeOf: async (runId, found) => void handles.set(runId, found),
    },
    requestStorage: () => {
      browser.storageRequests++
    },
    screen,
    save: (blob, name) => void saved.push({ name, blob }),
  })
  /** Posts a message of the worker. By default it answers the newest request to read data. */
  const answer = (message: Answer) => {
    const newest = sent.findLast((command) => command.type === 'read-data')
    workers.at(-1)?.onMessage({ request: newest?.request, ...message })
  }
  const event = (recorded: LoggedEvent | RecordedEvent) => {
    const { event: own, record } = logged(recorded)
    answer({ type: 'event', event: own, ...(record ? { units: record } : {}) })
  }
  return { lab, state: () => lab.store.getState(), series, sent, saved, browser, screen, workers, answer, event }
}

/** A lab with a device and a dataset, ready to start. */
export function readyLab(before: Before = {}) {
  const opened = openLab(before)
  opened.lab.open()
  opened.answer({ type: 'device', adapter })
  opened.lab.readCifar10()
  opened.answer({ type: 'data', report, samples: [], secondsPerImage: null })
  return opened
}

/** A lab with a started run. */
export function runningLab() {
  const opened = readyLab()
  opened.lab.start()
  opened.event({ ...startEvent, time: 0 })
  return opened
}

/** Resolves after all pending microtasks and those that they queue. Works with fake timers. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve()
}
