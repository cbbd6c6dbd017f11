/** A run that ends early leaves the record of every step taken, and only finite checkpoints. */
import * as tf from '@tensorflow/tfjs'
import { describe, expect, it } from 'vitest'
import type { RunConfigInput } from '../config/config.ts'
import { DataError, type ImageSet } from '../data/source.ts'
import { fitWeights } from '../model/fit.ts'
import { architectureOf } from '../model/resnet.ts'
import { parseSafetensors, type StoredTensor, type TensorFile } from '../model/safetensors.ts'
import type { RunEvent, StepEvent } from '../protocol/run-events.ts'
import { testGpu } from '../testing/gpu.ts'
import { syntheticSet } from '../testing/synthetic.ts'
import { toyConfig } from '../testing/toy-config.ts'
import { environmentOf } from './environment.ts'
import { createLive } from './live.ts'
import type { TrainOptions } from './options.ts'
import { train } from './train.ts'

const data = syntheticSet({ classes: 3, train: 12, validation: 3, size: 16 })

const configOf = (changes: RunConfigInput = {}) =>
  toyConfig({ train: { epochs: 1, batchSize: 6, microBatchSize: 6 }, ...changes })

interface Outcome {
  readonly events: RunEvent[]
  readonly files: Map<string, TensorFile>
  readonly momentum: TensorFile[]
  readonly end: Extract<RunEvent, { type: 'end' }>
  readonly steps: StepEvent[]
}

async function run(changes: Partial<TrainOptions> = {}, onEvent = (_: RunEvent) => {}): Promise<Outcome> {
  const gpu = await testGpu()
  const files = new Map<string, TensorFile>()
  const momentum: TensorFile[] = []
  const events: RunEvent[] = []
  const options: TrainOptions = {
    config: configOf(),
    data,
    environment: environmentOf('a test', gpu, data),
    gpu,
    live: createLive(),
    signal: new AbortController().signal,
    save: async (file, bytes) => void files.set(file, parseSafetensors(bytes)),
    saveResume: async (state) => void momentum.push(parseSafetensors(state.momentum)),
    ...changes,
  }
  for await (const event of train(options)) {
    events.push(event)
    onEvent(event)
  }
  const steps = events.filter((event) => event.type === 'step')
  return { events, files, momentum, end: events.at(-1) as Outcome['end'], steps }
}

const isFiniteFile = ({ tensors }: TensorFile) =>
  [...tensors.values()].every(({ data }) => data instanceof BigInt64Array || [...data].every(Number.isFinite))

/** A dataset whose image reads fail after the first `reads`. */
function failingAfter(reads: number): ImageSet {
  let left = reads
  const read: ImageSet['train']['read'] = async (...args) => {
    if (left-- <= 0) throw new DataError('cannot read a/1.png: gone')
    return data.train.read(...args)
  }
  return { ...data, train: { ...data.train, read } }
}

/** Every step multiplies the weights by −99, so that the loss soon stops being finite. */
const exploding = { learningRate: 100, momentum: 0, weightDecay: 1 }

describe('a run that ends early', () => {
  it('records every step it took before an image could not be read', async () => {
    // Four batches can be read; the fifth fails while results of earlier steps are still in flight.
    const { steps, end } = await run({ data: failingAfter(24) })
    expect(end).toMatchObject({ type: 'end', reason: 'data-error', step: 4 })
    expect(steps.map(({ step }) => step)).toEqual([1, 2, 3, 4])
  })

  it('is diverged, not stopped, when the loss of a taken step is not finite, and saves nothing more', async () => {
    // An epoch has 24 steps, so that the loss stops being finite within the first epoch.
    const long = syntheticSet({ classes: 3, train: 48, validation: 3, size: 16 })
    const config = configOf({ optimizer: exploding })
    const whole = await run({ config, data: long })
    expect(whole.end).toMatchObject({ reason: 'diverged', message: expect.stringMatching(/^The loss is/) })
    // Stops after the last recorded step, while the steps that diverge are in flight.
    const controller = new AbortController()
    const lastGood = whole.steps.at(-1)?.step as number
    const stopped = await run({ config, data: long, signal: controller.signal }, (event) => {
      if (event.type === 'step' && event.step === lastGood) controller.abort()
    })
    expect(stopped.end).toMatchObject({ reason: 'diverged', message: whole.end.message })
    expect([...stopped.files.keys()]).toEqual([...whole.files.keys()])
    expect([...stopped.files.values()].every(isFiniteFile)).toBe(true)
  })

  it('never saves weights that are not finite, even when the last loss was finite', async () => {
    // Each epoch has one step. Its loss is huge but finite; its update makes the bias overflow.
    const few = syntheticSet({ classes: 3, train: 2, validation: 2, size: 16 })
    const config = configOf({ optimizer: { ...exploding }, train: { epochs: 3, batchSize: 6, microBatchSize: 6 } })
    const { files } = await run({ config: configOf(), data: few })
    const { tensors, metadata } = files.get('epoch-0000.safetensors') as TensorFile
    const bias: StoredTensor = { dtype: 'F32', shape: [3], data: Float32Array.of(3.6e36, 0, 0) }
    const net = architectureOf({ ...config.model, classes: 3 })
    const initial = fitWeights(net, { tensors: new Map([...tensors, ['fc.bias', bias]]), metadata })
    const outcome = await run({ config, data: few, initial })
    expect(outcome.steps.map(({ step }) => step)).toEqual([1])
    expect(outcome.end).toMatchObject({
      reason: 'diverged',
      message: expect.stringMatching(/^The weights are not finite after step 1 \(.+\)\.$/),
      advice: expect.stringContaining('epoch-0000.safetensors'),
    })
    expect([...outcome.files.keys()]).toEqual(['epoch-0000.safetensors'])
  })

  it('leaves no tensors when the momentum of a resumed run does not fit', async () => {
    const { files, momentum } = await run()
    const weights = files.get('epoch-0001.safetensors') as TensorFile
    const velocity = momentum.at(-1) as TensorFile
    const last = [...velocity.tensors.keys()].at(-1) as string
    const tensors = new Map([...velocity.tensors].filter(([name]) => name !== last))
    const before = tf.memory().numTensors
    const { end } = await run({ resume: { weights, velocity: { ...velocity, tensors }, step: 6, measured: true } })
    expect(end).toMatchObject({ reason: 'error', message: `missing tensor: ${last}` })
    expect(tf.memory().numTensors).toBe(before)
  })

  it('measures a resumed run again only when its log lacks the measurement', async () => {
    const config = configOf({ train: { epochs: 2, batchSize: 6, microBatchSize: 6 } })
    const whole = await run({ config })
    const at = ({ events }: Outcome, type: RunEvent['type'], step: number) =>
      events.filter((event) => event.type === type && 'step' in event && event.step === step)
    for (const [epoch, step] of [
      [0, 0],
      [1, 6],
    ] as const) {
      const resume = {
        weights: whole.files.get(`epoch-000${epoch}.safetensors`) as TensorFile,
        velocity: whole.momentum[epoch],
        step,
      }
      const known = await run({ config, resume: { ...resume, measured: true } })
      const unknown = await run({ config, resume: { ...resume, measured: false } })
      for (const type of ['evaluation', 'probe', 'checkpoint'] as const) {
        expect(at(known, type, step), `${type} at ${step}`).toEqual([])
        expect(at(unknown, type, step), `${type} at ${step}`).toEqual(at(whole, type, step))
      }
      expect(known.files.get('epoch-0002.safetensors')).toEqual(whole.files.get('epoch-0002.safetensors'))
    }
  })
})
