/**
 * A worker that trains nothing: it posts the messages of a long run of a ResNet-50, first what the run has recorded so far and
 * then its next steps at the pace of a GPU. The page that receives them is the real one.
 */
import type { LabCommand, OpenCommand } from '../../src/protocol/commands.ts'
import type { MeasuredCells, MeasuredTable } from '../../src/protocol/measurement.ts'
import type { LabMessage } from '../../src/protocol/messages.ts'
import type { RecordedEvent } from '../../src/protocol/run-events.ts'
import { logged } from '../../src/runs/logged.ts'
import { adapter, report, startEvent, stepEvent } from '../../src/testing/events.ts'
import { madeProbe, resnet50Sites } from '../../src/testing/probes.ts'

/** The driver writes these numbers before this script. */
declare const replayed: {
  /** Steps that the run has recorded when the measurement begins. */
  readonly steps: number
  readonly probes: number
  readonly stepsPerSecond: number
  /** Seconds between two probes of the measured part. */
  readonly probeSeconds: number
}

const stepsPerEpoch = 1000
const stepMilliseconds = 1000 / replayed.stepsPerSecond
const modules = ['layer1', 'layer2', 'layer3', 'layer4']
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))
const post = (message: LabMessage) => self.postMessage(message)

function postEvent(recorded: RecordedEvent): void {
  const { event, record } = logged(recorded)
  post({ type: 'event', event, ...(record ? { units: record } : {}) })
}

/** A curve that falls, with noise, so that lines have as many different points as those of a real run. */
function loss(step: number): number {
  const noise = Math.sin(step * 12.9898) * 43758.5453
  return 0.4 + 2 / (1 + step / 4000) + 0.3 * (noise - Math.floor(noise))
}

/** α is switched on and off every 5,000 steps. */
const alphaAt = (step: number) => (Math.floor(step / 5000) % 2 === 0 ? 0 : step % 20_000 > 10_000 ? -1 : 0.5)

const at = (step: number) => ({ step, epoch: step / stepsPerEpoch, time: step * stepMilliseconds })

function takeStep(step: number): void {
  const value = loss(step)
  postEvent({
    ...stepEvent(step, step * stepMilliseconds),
    ...at(step),
    loss: value,
    crossEntropy: value,
    penalty: 0.1 + value / 100,
    alpha: alphaAt(step),
    top1: Math.max(0, 1 - value / 2.5),
    top5: 0.9,
  })
}

/** Activities, a probe, an evaluation and a checkpoint: what happens between two steps at the end of an epoch. */
function measureBetween(step: number): void {
  const moment = at(step)
  postEvent({ type: 'activity', activity: 'evaluating', ...moment })
  const value = loss(step)
  const scores = { loss: value, crossEntropy: value, top1: 1 - value / 2.5, top5: 0.9 }
  postEvent({ type: 'evaluation', split: 'validation', images: 1000, ...scores, ...moment })
  postEvent({ type: 'activity', activity: 'probing', ...moment })
  postEvent({ ...madeProbe(resnet50Sites, step, moment.epoch), ...moment })
  postEvent({ type: 'activity', activity: 'training', ...moment })
}

const fileOf = (epoch: number) => `epoch-${String(epoch).padStart(4, '0')}.safetensors`

function saveCheckpoint(step: number): void {
  postEvent({ type: 'checkpoint', file: fileOf(Math.round(step / stepsPerEpoch)), bytes: 1e8, ...at(step) })
}

/** Rows of every measurement at a checkpoint. */
function rowsAt(epoch: number): Partial<Record<MeasuredTable, MeasuredCells[]>> {
  const on = { checkpoint: fileOf(epoch), data: 'cifar10', fingerprint: '', epoch }
  const scores = { loss: 1, top1: 0.5, top5: 0.9 }
  const orders = [
    { order: 'selective', draw: 0 },
    ...[0, 1, 2, 3, 4].map((draw) => ({ order: 'random', draw })),
    { order: 'least', draw: 0 },
  ]
  const points = Array.from({ length: 11 }, (_, n) => n)
  const units = Array.from({ length: 100 }, (_, unit) => unit)
  return {
    curves: modules.flatMap((module) =>
      orders.flatMap((order) =>
        points.map((n) => ({
          ...on,
          ...scores,
          ...order,
          module,
          mode: 'zero',
          seed: 1,
          n,
          share: n / 10,
          top1: 0.9 - n / 20,
        })),
      ),
    ),
    units: modules.flatMap((module) =>
      units.map((unit) => {
        const harm = { lossIncrease: unit / 1000, top1Drop: unit / 500, preferredTop1Drop: unit / 200 }
        const own = { unit, selectivity: unit / 100, preferredClass: 0, preferredTop1: 0.5 }
        return { ...on, ...scores, ...harm, ...own, module, site: `${module}.0`, mode: 'zero' }
      }),
    ),
    linearity: [
      { measure: 'affineDeviation', site: '', other: '', k: '', value: epoch / 100 },
      ...resnet50Sites.map(({ name: site }) => ({ measure: 'gateConstancy', site, other: '', k: '', value: 0.5 })),
    ].map((row) => ({ ...on, ...row, pairs: 'seeded', seed: 1 })),
    indices: modules.flatMap((module) =>
      ['selectivity', 'ccmas', 'dprime', 'precision'].flatMap((index) =>
        units.map((unit) => ({ ...on, module, site: `${module}.0`, unit, index, value: unit / 100, floor: 0.1 })),
      ),
    ),
  }
}

function postMeasured(runId: string): void {
  const epochs = [0, 1, 2, 5, 10]
  for (const epoch of epochs) {
    const tables = Object.entries(rowsAt(epoch)) as [MeasuredTable, MeasuredCells[]][]
    for (const [table, rows] of tables) post({ type: 'measured', runId, table, rows })
  }
}

/** What the run has recorded so far, in portions that the page has time for. */
async function postRecorded(): Promise<void> {
  const { steps, probes } = replayed
  const between = Math.max(1, Math.round(steps / probes))
  measureBetween(0)
  saveCheckpoint(0)
  for (let step = 1; step <= steps; step++) {
    takeStep(step)
    if (step % between === 0) measureBetween(step)
    if (step % stepsPerEpoch === 0 && step <= 20 * stepsPerEpoch) saveCheckpoint(step)
    if (step % 1000 === 0) await pause(50)
  }
}

/** The next steps at the run's pace, with a probe from time to time, until the page is closed. */
async function goOn(): Promise<void> {
  const every = Math.round(replayed.probeSeconds * replayed.stepsPerSecond)
  const begun = performance.now()
  for (let taken = 1; ; taken++) {
    const due = begun + taken * stepMilliseconds
    await pause(Math.max(0, due - performance.now()))
    const step = replayed.steps + taken
    takeStep(step)
    if (taken % every === 0) measureBetween(step)
  }
}

async function start({ config, runId }: Extract<LabCommand, { type: 'start' }>): Promise<void> {
  const shape = { config, stepsPerEpoch, totalSteps: Math.round(1.2 * replayed.steps + 20_000) }
  postEvent({ ...startEvent, ...shape, sites: resnet50Sites.slice(), time: 0 })
  await postRecorded()
  postMeasured(runId)
  await goOn()
}

self.onmessage = ({ data }: MessageEvent<LabCommand | OpenCommand>) => {
  if (data.type === 'open') post({ type: 'device', adapter: { ...adapter, name: 'No GPU: a replayed run' } })
  if (data.type === 'read-data')
    post({ type: 'data', request: data.request, report, samples: [], secondsPerImage: null })
  if (data.type === 'start') void start(data)
}
