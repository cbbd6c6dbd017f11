/** A small run folder as the command line writes it, for tests of reading. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TensorFile, writeSafetensors } from '../model/safetensors.ts'
import type { ProbeEvent, RecordedEvent, RunEvent } from '../protocol/run-events.ts'
import { zipRuns } from '../runs/export.ts'
import { eventLine } from '../runs/files.ts'
import type { RunFiles } from '../runs/format/files.ts'
import { newInfo } from '../runs/format/info.ts'
import { measuredTexts } from '../runs/measured.ts'
import { changedFiles } from '../runs/memory-folders.ts'
import type { Run } from '../runs/reduce.ts'
import { filesOfRun } from '../runs/run-files.ts'
import { tableFiles } from '../runs/tables.ts'
import { startEvent, stepEvent } from './events.ts'
import { measuredRun } from './measured-run.ts'

const stepsPerEpoch = 10
const epochs = 2

const summary = { selectivity: 0.5, floor: 0.25, lower: 0.4, upper: 0.6, floorLower: 0.2, floorUpper: 0.3 }

const moment = (epoch: number) => ({ step: stepsPerEpoch * epoch, epoch })

const probe = (epoch: number): ProbeEvent => ({
  type: 'probe',
  ...moment(epoch),
  images: 6,
  network: { selectivity: 0.5, floor: 0.25 },
  modules: [{ module: 'layer1', units: 8, dead: 0, ...summary }],
  sites: [
    {
      site: 'layer1.0',
      module: 'layer1',
      selectivity: [0.5, 0.1],
      floor: [0.2, 0.1],
      preferredClass: [2, 0],
      dead: [0, 0],
    },
  ],
})

const scores = { images: 6, loss: 1, crossEntropy: 1, top1: 0.5, top5: 1 }

const checkpointFile = (epoch: number) => `epoch-000${epoch}.safetensors`

/** The events of an epoch's end, or of the initialization. */
const endOfEpoch = (epoch: number): RunEvent[] => [
  { type: 'activity', activity: 'evaluating', ...moment(epoch) },
  { type: 'evaluation', split: 'validation', ...moment(epoch), ...scores },
  probe(epoch),
  { type: 'activity', activity: 'saving', ...moment(epoch) },
  { type: 'checkpoint', ...moment(epoch), file: checkpointFile(epoch), bytes: 100 },
]

/** The events of a run of two epochs. */
export function runEvents(): RecordedEvent[] {
  const config = { ...startEvent.config, train: { ...startEvent.config.train, epochs } }
  const sites = [{ name: 'layer1.0', module: 'layer1', units: 8 }]
  const start: RunEvent = { ...startEvent, config, sites, stepsPerEpoch, totalSteps: stepsPerEpoch * epochs }
  const steps = (epoch: number) =>
    Array.from({ length: stepsPerEpoch }, (_, i) => stepEvent(stepsPerEpoch * (epoch - 1) + i + 1, 0))
  const end: RunEvent = { type: 'end', reason: 'finished', ...moment(epochs), message: 'Finished.', advice: '' }
  const all = [start, ...endOfEpoch(0), ...[1, 2].flatMap((epoch) => [...steps(epoch), ...endOfEpoch(epoch)]), end]
  return all.map((event, time) => ({ ...event, time }))
}

const weights = (metadata: TensorFile['metadata'] = {}) =>
  writeSafetensors({
    tensors: new Map([['w', { dtype: 'F32', shape: [1], data: Float32Array.of(1) }]]),
    metadata,
  })

/** The run's files: logs, configuration, environment, tables, checkpoints and momentum. */
export function runFiles(): Map<string, string | Uint8Array> {
  const events = runEvents()
  const start = events.find((event) => event.type === 'start')
  return new Map<string, string | Uint8Array>([
    ['events.jsonl', events.map(eventLine).join('')],
    ['config.json', JSON.stringify(start?.config)],
    ['environment.json', JSON.stringify(start?.environment)],
    ...tableFiles(measuredTexts(measuredRun().measured)),
    ...[0, 1, 2].map((epoch) => [`checkpoints/${checkpointFile(epoch)}`, weights()] as const),
    ['resume/momentum.safetensors', weights({ step: '20', checkpoint: checkpointFile(2) })],
  ])
}

/** The zip that the page exports of a run in memory; `stored` has its checkpoints. */
export async function zipOfRun(run: Run, stored: RunFiles = changedFiles()): Promise<Blob> {
  const info = newInfo({ id: run.id, created: 0, name: 'mine' })
  const files = await filesOfRun(run, info, stored)
  return zipRuns([{ folder: '', name: 'mine', files }], { checkpoints: true, resume: true })
}

/** Writes the files of a run, some of them changed, into a folder. */
export function writeRun(folder: string, changes: Readonly<Record<string, string | Uint8Array>> = {}): void {
  for (const inner of ['checkpoints', 'resume']) mkdirSync(join(folder, inner), { recursive: true })
  for (const [name, content] of [...runFiles(), ...Object.entries(changes)]) writeFileSync(join(folder, name), content)
}
