/** Events and reports of a tiny run, for tests. */
import { defaultConfig } from '../config/config.ts'
import type { DataReport } from '../protocol/data-report.ts'
import type { AdapterReport } from '../protocol/environment.ts'
import type { StartEvent, StepEvent } from '../protocol/run-events.ts'

export const report: DataReport = {
  source: 'cifar10',
  classes: ['cat', 'dog', 'fox'].map((id) => ({ id, name: id, train: 10, validation: 2 })),
  classOrder: 'name',
  images: { train: 30, validation: 6 },
  unreadable: [],
  duplicates: [],
  leaked: 0,
  bytes: 36 * 3072,
  sizes: {
    minWidth: 32,
    maxWidth: 32,
    minHeight: 32,
    maxHeight: 32,
    histogram: [{ from: 32, to: 41, images: 36, aspect: 36 }],
  },
  colors: { grey: 0, cmyk: 0, palette: 0 },
  formats: { raw: 36 },
  files: 36,
  checked: 36,
  fingerprint: 'f00d',
  contents: 'f00d',
  splitBySeed: false,
  notes: [],
}

export const adapter: AdapterReport = {
  name: 'Test adapter',
  vendor: '',
  architecture: '',
  device: '',
  description: '',
  software: false,
  features: [],
  limits: {},
}

export const startEvent: StartEvent = {
  type: 'start',
  config: defaultConfig(),
  environment: {
    lab: '0',
    host: 'test',
    versions: {},
    adapter,
    data: { source: 'cifar10', fingerprint: 'f00d', classes: report.classes },
  },
  classes: report.classes,
  sites: [],
  parameters: 1,
  stepsPerEpoch: 10,
  totalSteps: 100,
  images: { train: 30, validation: 6, probe: 6 },
  fromStep: 0,
}

export const stepEvent = (step: number, time: number): StepEvent & { time: number } => ({
  type: 'step',
  step,
  epoch: step / 10,
  time,
  loss: 2,
  crossEntropy: 2,
  penalty: 0.1,
  alpha: 0,
  held: false,
  learningRate: 0.1,
  top1: 0.1,
  top5: 0.5,
  images: 32,
  gpuBytes: 1000,
})
