/** A page with experiments in which the test acts as the worker: it trains by writing a run's folder and posting its events. */
import { expect, vi } from 'vitest'
import type { RunConfig } from '../config/config.ts'
import type { LabCommand } from '../protocol/commands.ts'
import type { EndReason, RecordedEvent } from '../protocol/run-events.ts'
import type { EarlierRuns } from '../runs/earlier-store.ts'
import { eventLine } from '../runs/files.ts'
import type { RunFolders } from '../runs/folders.ts'
import { newInfo } from '../runs/format/info.ts'
import { memoryFolders } from '../runs/memory-folders.ts'
import type { ExperimentsHost } from '../store/experiments/context.ts'
import { createExperiments } from '../store/experiments/create-experiments.ts'
import type { RunCatalog } from '../store/runs/catalog.ts'
import { adapter, report, startEvent, stepEvent } from './events.ts'
import { openLab } from './lab.ts'
import { checkpoint, curve, linear } from './measured-run.ts'

export const evaluation = (epoch: number, top1: number): RecordedEvent => ({
  type: 'evaluation',
  split: 'validation',
  step: 10 * epoch,
  epoch,
  images: 6,
  loss: 2,
  crossEntropy: 2,
  top1,
  top5: 1,
  time: 10 * epoch,
})

/** Writes a run's folder, as the worker does. */
export async function writeRun(folders: RunFolders, id: string, events: readonly RecordedEvent[], created: number) {
  const start = events.find((event) => event.type === 'start')
  const files = folders.edit(id)
  await files.replace('run.json', JSON.stringify(newInfo({ id, created, name: start?.config.name ?? id })))
  await files.replace('events.jsonl', events.map(eventLine).join(''))
  for (const event of events)
    if (event.type === 'checkpoint') await files.replace(`checkpoints/${event.file}`, new Uint8Array(4))
}

/** A catalog that is lost with the page. */
const noCatalog: RunCatalog = { read: async () => new Map(), put: async () => {}, remove: async () => {} }

export const nothingEarlier: EarlierRuns = {
  entries: async () => [],
  remove: async () => {},
  alone: (work) => work(),
}

const pages: ReturnType<typeof createExperiments>[] = []

/** The page with data and experiments. `train` answers like the worker for the newest run. */
export function opened(
  folders: RunFolders = memoryFolders(),
  earlier: EarlierRuns = nothingEarlier,
  catalog = noCatalog,
  { hasData = true } = {},
) {
  let [started, begun] = [0, 100 * pages.length]
  const own = openLab({ random: () => begun++ })
  const saved: { blob: Blob; name: string }[] = []
  own.lab.open()
  own.answer({ type: 'device', adapter })
  if (hasData) {
    own.lab.readCifar10()
    own.answer({ type: 'data', report, samples: [], secondsPerImage: null })
  }
  const host: ExperimentsHost = {
    lab: own.lab,
    series: own.series,
    folders,
    catalog,
    earlier,
    persist: async () => {},
    storage: async () => ({ used: 1000, free: 2000, persistent: true }),
    now: () => 1000 + started,
    save: (blob, name) => saved.push({ blob, name }),
    fetch: async () => new Response('', { status: 404 }),
  }
  const experiments = createExperiments(host)
  pages.push(experiments)
  const newest = () =>
    own.sent.findLast((command): command is Extract<LabCommand, { type: 'start' }> => command.type === 'start')
  const train = async (reason: EndReason = 'finished') => {
    started++
    const command = newest()
    const config = command?.config as RunConfig
    const { epochs } = config.train
    const events: RecordedEvent[] = [
      { ...startEvent, config, time: 0 },
      evaluation(0, 0.1),
      stepEvent(1, 1),
      { type: 'checkpoint', step: 1, epoch: epochs, file: checkpoint(epochs), bytes: 4, time: 2 },
      evaluation(epochs, 0.5),
      { type: 'end', step: 1, epoch: epochs, reason, message: reason, advice: '', time: 20 + started },
    ]
    await writeRun(folders, command?.runId ?? '', events, 1000 + started)
    for (const event of events) own.event(event)
  }
  /** Answers a measurement like the worker: with curves of layer1, or with linearity. */
  const measure = () => {
    const command = own.sent.at(-1)
    if (command?.type !== 'measure') throw new Error(`not a measurement: ${command?.type}`)
    const {
      request,
      run: { id: runId },
      measurement,
    } = command
    for (const { epoch } of measurement.checkpoints) {
      const rows = [
        ...curve({ epoch, module: 'layer1', order: 'selective', top1: [0.5, 0.1, 0.1] }),
        ...curve({ epoch, module: 'layer1', order: 'random', top1: [0.5, 0.4, 0.1] }),
      ]
      if (measurement.kind === 'curves') own.answer({ type: 'measured', runId, table: 'curves', rows })
      else own.answer({ type: 'measured', runId, table: 'linearity', rows: linear(epoch, 0.5) })
    }
    own.answer({ type: 'measure-finished', request })
  }
  const names = () => own.sent.flatMap((command) => (command.type === 'start' ? [command.config.name] : []))
  const listed = () => experiments.store.getState().runs
  return { ...own, host, experiments, folders, listed, saved, train, measure, names }
}

/** A request as the step Ablate makes it. */
export const byHand = {
  kind: 'curves',
  checkpoints: [{ file: checkpoint(20), epoch: 20 }],
  mode: 'zero',
  modules: ['layer1'],
  orders: ['selective', 'random'],
  draws: 1,
  points: 3,
} as const

const turn = () => new Promise<void>((resolve) => setTimeout(resolve))

/** Resolves when every page has taken the steps that are due and has stored its runs. */
export async function settled(): Promise<void> {
  // The actions on plans are loaded with the first of them.
  await import('../store/experiments/plan-actions.ts')
  await turn()
  await Promise.all(pages.map((page) => page.saved()))
  await turn()
}

/** Waits until the page lists this many ended runs. */
export const hasStored = (page: ReturnType<typeof opened>, runs: number) =>
  vi.waitFor(() => expect(page.listed().filter(({ record }) => record.state !== 'unfinished')).toHaveLength(runs))
