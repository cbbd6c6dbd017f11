/** The flags of every command: their types for parsing and their texts for `--help`. */
import { layouts } from '../config/layout.ts'
import { presets } from '../config/presets.ts'
import { bandKinds } from '../experiments/compare.ts'
import { paperParameters } from '../experiments/paper-parameters.ts'

export interface Flag {
  readonly type: 'string' | 'boolean'
  /** Whether the flag may be repeated. */
  readonly multiple?: boolean
  /** Placeholder of the value in the help text. */
  readonly value?: string
  readonly help: string
}

export type Flags = Readonly<Record<string, Flag>>

/** The values of parsed flags that may not be repeated. */
export type ValuesOf<F extends Flags> = {
  readonly [K in keyof F]?: F[K] extends { multiple: true }
    ? readonly string[]
    : F[K]['type'] extends 'boolean'
      ? boolean
      : string
}

const json = { type: 'boolean', help: 'print the result as JSON on standard output' } as const

const layout = {
  type: 'string',
  value: 'NAME',
  help: `how folders become classes and splits: ${layouts.join(', ')}`,
} as const

/** Where a run's configuration starts. */
const startFlags = {
  config: { type: 'string', value: 'FILE', help: 'a configuration as JSON; missing fields have their defaults' },
  preset: { type: 'string', value: 'NAME', help: `a preset instead: ${presets.map(({ id }) => id).join(', ')}` },
  set: { type: 'string', multiple: true, value: 'KEY=VALUE', help: 'change one field; repeatable' },
  layout: { ...layout, help: `same as --set data.layout=NAME: ${layouts.join(', ')}` },
} as const satisfies Flags

/** How a run is computed. */
const engineFlags = {
  gpu: { type: 'string', value: 'N', help: 'use the GPU with this number, from 0; a number that is none lists them' },
  untuned: { type: 'boolean', help: 'neither time kernels nor use earlier timings' },
  eager: { type: 'boolean', help: 'run steps operation by operation: slower, same numbers' },
  audit: { type: 'boolean', help: 'first read all images of the dataset, not only those of the run' },
  unchecked: { type: 'boolean', help: 'the default: read only the images of the run' },
  'no-cache': { type: 'boolean', help: 'do not store decoded images on disk' },
} as const satisfies Flags

export const trainFlags = {
  ...startFlags,
  out: { type: 'string', value: 'DIR', help: 'the run folder to write' },
  resume: { type: 'boolean', help: 'continue the run in DIR, also within an epoch' },
  fork: {
    type: 'string',
    value: 'RUN@EPOCH',
    help: 'begin with the state of a run there; RUN@step:N; RUN: the newest',
  },
  repeat: { type: 'string', value: 'RUN', help: 'train a run again from its record, and compare the two' },
  data: { type: 'string', value: 'SOURCE', help: 'where the images of a resumed, forked or repeated run are now' },
  'accept-changed-data': { type: 'boolean', help: 'go on with other images; recorded in the run' },
  init: { type: 'string', value: 'FILE', help: 'initial weights (safetensors, torchvision names)' },
  'init-prefix': { type: 'string', value: 'P', help: 'use only the tensors whose names begin with P, and drop P' },
  'init-without': { type: 'string', value: 'LIST', help: 'begin these weights fresh instead: fc, or fc,layer4' },
  replay: { type: 'string', value: 'RUN', help: 'apply the α that a run or an events.jsonl recorded, step by step' },
  json: { type: 'boolean', help: 'with --repeat: print the comparison as JSON' },
  tune: { type: 'boolean', help: 'time the kernels on this adapter again' },
  ...engineFlags,
} as const satisfies Flags

/** Flags of every command that measures a run. */
export const runFlags = {
  run: { type: 'string', value: 'DIR', help: 'the run folder' },
  checkpoint: { type: 'string', value: 'FILE', help: 'the checkpoint to measure; default: the newest' },
  data: { type: 'string', value: 'SOURCE', help: 'a dataset other than the run’s own' },
  layout: { ...layout, help: 'how the folders of --data become classes and splits; default: as in the run' },
  'micro-batch': { type: 'string', value: 'N', help: 'images on the GPU at once; default: as in the run' },
  json,
} as const satisfies Flags

/** The same for commands that can measure several checkpoints. */
export const checkpointFlags = {
  ...runFlags,
  'all-checkpoints': { type: 'boolean', help: 'measure all checkpoints of the run' },
  epochs: { type: 'string', value: 'LIST', help: 'measure the checkpoints of these epochs: 1,2,20' },
} as const satisfies Flags

const mode = { type: 'string', value: 'MODE', help: 'an ablated unit’s output: zero (default) or mean' } as const

export const ablateFlags = {
  units: { type: 'string', value: 'LIST', help: 'ablate these units at once: layer2.0:0,3,5;layer4.0:1' },
  curves: { type: 'boolean', help: 'ablate more and more units; adds to ablation-curves.csv' },
  single: { type: 'boolean', help: 'ablate one unit at a time; adds to ablation-units.csv' },
  mode,
  module: { type: 'string', value: 'LIST', help: 'modules: layer1,layer2; default: all' },
  order: { type: 'string', value: 'LIST', help: 'curves: selective, random, least; default: all' },
  draws: { type: 'string', value: 'N', help: 'curves: number of random orders; default: 5' },
  points: { type: 'string', value: 'N', help: 'curves: points per curve; default: 11' },
  sample: { type: 'string', value: 'N', help: 'single: units per module, spread over selectivity; default: all' },
  ...checkpointFlags,
} as const satisfies Flags

export const linearityFlags = {
  pairs: { type: 'string', value: 'PAIRS', help: 'pair images by seeded permutation (seeded, default) or data-order' },
  ...checkpointFlags,
} as const satisfies Flags

export const indicesFlags = {
  index: { type: 'string', value: 'LIST', help: 'selectivity, ccmas, dprime, precision; default: all' },
  ...checkpointFlags,
} as const satisfies Flags

export const unitFlags = {
  unit: { type: 'string', value: 'SITE:UNIT', help: 'the unit, such as layer2.0:3' },
  top: { type: 'string', value: 'N', help: 'number of most activating images; default: 9' },
  mode,
  ...runFlags,
} as const satisfies Flags

/** Where the queue of many machines is. */
const queueFlag = {
  type: 'string',
  value: 'URL',
  help: 'redis://HOST[:PORT][/DB], or rediss:// for TLS; password in the URL or in LAB_QUEUE_PASSWORD',
} as const

export const planFlags = {
  ...startFlags,
  layout: { ...layout, help: 'same as --set data.layout=NAME' },
  out: { type: 'string', value: 'DIR', help: 'the plan folder; runs go to DIR/ARM/seed-N' },
  queue: { ...queueFlag, help: `let workers train the runs: ${queueFlag.help}` },
  runs: { type: 'string', value: 'FOLDER', help: 'with --queue: the shared folder of the workers, for large records' },
  estimate: { type: 'boolean', help: 'time a few steps; print runs, time and bytes; run nothing' },
  run: { type: 'string', value: 'ARM/seed-N', help: 'train and measure only this run; others may train meanwhile' },
  slurm: { type: 'string', value: 'SCRIPT', help: 'write a job array for SLURM, one task a run; run nothing' },
  program: { type: 'string', value: 'FILE', help: 'with --slurm: run.sh of a bundle, which the tasks call' },
  seeds: { type: 'string', value: 'LIST', help: `default: the preset’s, else ${paperParameters.seeds.join(',')}` },
  arms: { type: 'string', value: 'LIST', help: 'run only these arms' },
  epochs: { type: 'string', value: 'N', help: `default: the preset’s, else ${paperParameters.epochs}` },
  alpha: {
    type: 'string',
    value: 'A',
    help: `α of regularized arms; default: the preset’s, else ${paperParameters.alpha} (the paper’s)`,
  },
  late: { type: 'string', value: 'E', help: `epoch at which the late arm starts; default: ${paperParameters.late}` },
  strengths: { type: 'string', value: 'LIST', help: `strength-sweep; default: ${paperParameters.strengths.join(',')}` },
  windows: {
    type: 'string',
    multiple: true,
    value: 'JSON',
    help: 'early-or-late, one more arm, as regularizer.schedule; repeatable',
  },
  measure: { type: 'string', value: 'LIST', help: 'ablation, units, linearity; or none; default: as in the plan' },
  'measure-epochs': { type: 'string', value: 'LIST', help: 'measure the checkpoints of these epochs: 1,2,20; or all' },
  draws: { type: 'string', value: 'N', help: 'ablation: number of random orders; default: as in the plan, or 5' },
  points: { type: 'string', value: 'N', help: 'ablation: points per curve; default: as in the plan, or 11' },
  sample: { type: 'string', value: 'N', help: 'units: units per module; default: as in the plan, or 64' },
  'accept-changed-data': { type: 'boolean', help: 'resume runs also on other images; recorded in each run' },
  ...engineFlags,
  json,
} as const satisfies Flags

export const workFlags = {
  queue: queueFlag,
  data: { type: 'string', value: 'SOURCE', help: 'the images on this machine: cifar10, a folder or an archive' },
  slots: { type: 'string', value: 'N', help: 'runs at the same time; default: 1' },
  runs: { type: 'string', value: 'FOLDER', help: 'where runs and their resume points are kept; may be shared' },
  drain: { type: 'boolean', help: 'end when the queue has no more runs, instead of waiting for some' },
  ...engineFlags,
} as const satisfies Flags

export const boardFlags = {
  queue: queueFlag,
  port: { type: 'string', value: 'N', help: 'the port on localhost; 0 takes a free one; default: 4180' },
} as const satisfies Flags

export const compareFlags = {
  metric: { type: 'string', value: 'LIST', help: 'top1, loss, aboveFloor/layer1, aboveFloor, …; default: all' },
  band: { type: 'string', value: 'KIND', help: `${bandKinds.join(', ')}; default: interval (95 %)` },
  reference: { type: 'string', value: 'ARM', help: 'the arm to compare with; default: the one without regularizer' },
  json,
} as const satisfies Flags

export const runsFlags = {
  sort: { type: 'string', value: 'COLUMN', help: 'name (default), state, epochs, top1, SI, date, size, …' },
  json,
} as const satisfies Flags

export const claimsFlags = { json } as const satisfies Flags

export const packFlags = {
  out: { type: 'string', value: 'FILE', help: 'the zip to write' },
  units: { type: 'boolean', help: 'keep the selectivity of single units, 19 bytes for each at every probe' },
  'units-of': { type: 'string', multiple: true, value: 'RUN', help: 'keep those of this run; repeatable' },
  finished: { type: 'boolean', help: 'leave out runs that have not finished' },
} as const satisfies Flags

export const parquetFlags = {
  out: { type: 'string', value: 'DIR', help: 'the folder to write; may be the run folder' },
  json,
} as const satisfies Flags

export const tensorboardFlags = {
  out: { type: 'string', value: 'DIR', help: 'the folder for TensorBoard; gets a folder for each run' },
  json,
} as const satisfies Flags

export const inspectFlags = {
  set: startFlags.set,
  unchecked: { type: 'boolean', help: 'list the images without reading them' },
  layout,
  json,
} as const satisfies Flags

export const cachesFlags = {
  delete: { type: 'string', value: 'ID', help: 'delete the images of one dataset and size' },
  'delete-all': { type: 'boolean', help: 'delete all of them' },
  json,
} as const satisfies Flags
