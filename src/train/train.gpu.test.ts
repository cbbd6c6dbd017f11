import { describe, expect, it } from 'vitest'
import type { RunConfigInput } from '../config/config.ts'
import { openGpu } from '../gpu/backend.ts'
import { parseSafetensors } from '../model/safetensors.ts'
import type { RunEvent, StepEvent } from '../protocol/run-events.ts'
import type { RecordedControl, ResumedMark, ResumeState } from '../protocol/run-record.ts'
import { metricsRow, selectivityRows } from '../runs/files.ts'
import { testGpu } from '../testing/gpu.ts'
import { syntheticSet } from '../testing/synthetic.ts'
import { croppedAndProbed, toyConfig } from '../testing/toy-config.ts'
import { environmentOf } from './environment.ts'
import { createLive, type Live } from './live.ts'
import type { Resume } from './options.ts'
import { train } from './train.ts'

const data = syntheticSet({ classes: 3, train: 4, validation: 3, size: 16 })
/** Three steps in each epoch instead of two. */
const moreData = syntheticSet({ classes: 3, train: 6, validation: 3, size: 16 })

const configOf = (changes: RunConfigInput = {}) => toyConfig({ ...croppedAndProbed, ...changes })

interface Outcome {
  readonly events: RunEvent[]
  readonly files: Map<string, Uint8Array>
  readonly points: ResumeState[]
}

interface Settings {
  readonly config?: RunConfigInput
  readonly data?: typeof data
  readonly live?: Live
  readonly resume?: Resume
  readonly resumed?: ResumedMark
  readonly signal?: AbortSignal
  readonly eager?: boolean
  readonly save?: (file: string) => Promise<void>
  readonly onEvent?: (event: RunEvent) => void
}

/** Trains to the end and collects events and files. */
async function run(settings: Settings = {}): Promise<Outcome> {
  const gpu = await testGpu()
  const out: Outcome = { events: [], files: new Map(), points: [] }
  const options = {
    config: configOf(settings.config),
    data: settings.data ?? data,
    environment: environmentOf('a test', gpu, data),
    gpu,
    live: settings.live ?? createLive(),
    signal: settings.signal ?? new AbortController().signal,
    resume: settings.resume,
    resumed: settings.resumed,
    eager: settings.eager,
    now: () => performance.now(),
    save: async (file: string, bytes: Uint8Array<ArrayBuffer>) => {
      await settings.save?.(file)
      out.files.set(file, bytes)
    },
    saveResume: async (point: ResumeState) => void out.points.push(point),
  }
  for await (const event of train(options)) {
    out.events.push(event)
    settings.onEvent?.(event)
  }
  return out
}

const steps = ({ events }: Outcome): StepEvent[] => events.filter((event) => event.type === 'step')
const end = ({ events }: Outcome) => events.at(-1) as Extract<RunEvent, { type: 'end' }>
const csv = ({ events }: Pick<Outcome, 'events'>) =>
  events.map((event) => metricsRow(event) + (event.type === 'probe' ? selectivityRows(event) : '')).join('')

/** The result of `work` and the number of bind groups that it makes on the device. */
async function countingBindGroups<T>(device: GPUDevice, work: () => Promise<T>): Promise<[T, number]> {
  const { createBindGroup } = device
  let count = 0
  device.createBindGroup = (descriptor) => {
    count++
    return createBindGroup.call(device, descriptor)
  }
  try {
    return [await work(), count]
  } finally {
    device.createBindGroup = createBindGroup
  }
}

describe('a run', () => {
  it('reports, measures and saves at the right steps, and repeats byte for byte', async () => {
    const first = await run()
    expect(end(first)).toMatchObject({ reason: 'finished', step: 4, epoch: 2 })
    const at = (type: RunEvent['type']) => first.events.flatMap((e) => (e.type === type && 'step' in e ? [e.step] : []))
    expect(at('step')).toEqual([1, 2, 3, 4])
    expect(at('probe')).toEqual([0, 1, 2, 4])
    expect(at('evaluation')).toEqual([0, 2, 4])
    expect(at('checkpoint')).toEqual([0, 2, 4])
    expect([...first.files.keys()]).toEqual([
      'epoch-0000.safetensors',
      'epoch-0001.safetensors',
      'epoch-0002.safetensors',
    ])
    const start = first.events.find((e) => e.type === 'start')
    expect(start).toMatchObject({
      stepsPerEpoch: 2,
      totalSteps: 4,
      images: { train: 12, validation: 9, probe: 6 },
      fromStep: 0,
    })
    const last = parseSafetensors(first.files.get('epoch-0002.safetensors') as Uint8Array).tensors
    expect(last.get('bn1.num_batches_tracked')?.data).toEqual(BigInt64Array.of(4n))
    expect(last.get('conv1.weight')?.shape).toEqual([2, 3, 3, 3])

    const second = await run()
    expect(csv(second)).toBe(csv(first))
    for (const [file, bytes] of first.files)
      expect(Buffer.compare(Buffer.from(bytes), Buffer.from(second.files.get(file) as Uint8Array)), file).toBe(0)
  })

  it('writes the same files in compiled and in eager execution, and reports its graphs', async () => {
    const config = {
      train: { epochs: 5, batchSize: 6, microBatchSize: 4 },
      regularizer: { schedule: [{ fromEpoch: 1, toEpoch: 2, alpha: -1 }] },
    }
    const { device } = await testGpu()
    const [compiled, compiledGroups] = await countingBindGroups(device, () => run({ config }))
    const [plain, eagerGroups] = await countingBindGroups(device, () => run({ config, eager: true }))
    expect(csv(compiled)).toBe(csv(plain))
    for (const [file, bytes] of compiled.files)
      expect(Buffer.compare(Buffer.from(bytes), Buffer.from(plain.files.get(file) as Uint8Array)), file).toBe(0)
    const reported = ({ events }: Outcome) => events.flatMap((event) => (event.type === 'graph' ? [event.graph] : []))
    expect(new Set(reported(compiled).map(({ name }) => name))).toEqual(new Set(['training', 'evaluation', 'probe']))
    const last = reported(compiled).findLast(({ name }) => name === 'training')
    const eager = reported(plain).findLast(({ name }) => name === 'training')
    expect(last).toMatchObject({ compiled: true, refusal: null, scriptMilliseconds: expect.any(Number) })
    expect(eager).toMatchObject({ compiled: false, refusal: null, plannedBytes: null })
    expect(last?.uploadedBytes).toBeLessThan(6 * 16 * 16 * 3 + 500)
    // A replay makes no bind groups; an eager step makes one for each dispatch.
    expect(compiledGroups).toBeLessThan(eagerGroups / 2)
    expect(eager?.scriptMilliseconds).toEqual(expect.any(Number))
    // With and without α there are two graphs of the training step; both are reported.
    expect(new Set(reported(compiled).flatMap((g) => (g.name === 'training' ? [g.dispatches] : []))).size).toBe(2)
  })

  it('has the results of an uninterrupted run after resuming from a checkpoint', async () => {
    const whole = await run()
    const half = await run({ config: { train: { epochs: 1, batchSize: 6, microBatchSize: 6 } } })
    const velocity = parseSafetensors(half.points.at(-1)?.momentum as Uint8Array)
    expect(velocity.metadata).toEqual({ step: '2', checkpoint: 'epoch-0001.safetensors' })
    const weights = parseSafetensors(half.files.get('epoch-0001.safetensors') as Uint8Array)
    const rest = await run({ resume: { weights, velocity, step: 2, measured: true } })
    expect(csv(half) + csv(rest)).toBe(csv(whole))
    const file = 'epoch-0002.safetensors'
    expect(
      Buffer.compare(Buffer.from(rest.files.get(file) as Uint8Array), Buffer.from(whole.files.get(file) as Uint8Array)),
    ).toBe(0)
  })

  it('has the results of an uninterrupted run after resuming from any step', async () => {
    const settings: Settings = {
      config: {
        data: { inputSize: 16, augmentation: 'random-resized-crop', balancedBatches: true },
        train: { epochs: 2, batchSize: 6, microBatchSize: 4 },
        regularizer: { schedule: [{ fromEpoch: 0.5, toEpoch: 1.5, alpha: -1 }] },
        checkpoint: { resumeSteps: 1 },
      },
      data: moreData,
    }
    const whole = await run(settings)
    expect(whole.points.map(({ step, epoch, batch }) => [step, epoch, batch])).toEqual([
      [0, 0, 0],
      [1, 0, 1],
      [2, 0, 2],
      [3, 1, 0],
      [4, 1, 1],
      [5, 1, 2],
      [6, 2, 0],
    ])
    for (const point of whole.points) {
      const { step, epoch, batch, checkpoint, savedStep } = point
      const weights = parseSafetensors(point.weights ?? (whole.files.get(checkpoint) as Uint8Array))
      const velocity = parseSafetensors(point.momentum)
      const resume = { weights, velocity, step, epoch, batch, checkpoint, savedStep, measured: true }
      const rest = await run({ ...settings, resume })
      const after = whole.events.filter((event) => 'step' in event && event.step > step)
      expect(csv(rest), `from step ${step}`).toBe(csv({ events: after }))
      for (const [file, bytes] of rest.files)
        expect(Buffer.compare(Buffer.from(bytes), Buffer.from(whole.files.get(file) as Uint8Array)), file).toBe(0)
      expect(rest.points).toEqual(whole.points.filter((later) => later.step > step))
    }
  })

  it('saves its state before a pause and before a stop, and resumes with the control of then', async () => {
    const live = createLive()
    const whole = await run({
      live,
      onEvent: (event) => {
        if (event.type === 'step' && event.step === 1) live.hold(-2)
        if (event.type === 'step' && event.step === 2) live.handBack()
        if (event.type === 'step' && event.step === 3) live.hold(-3)
      },
    })
    const stopping = new AbortController()
    const paused = createLive()
    const stopped = await run({
      live: paused,
      signal: stopping.signal,
      onEvent: (event) => {
        if (event.type === 'step' && event.step === 1) paused.pause()
        if (event.type === 'activity' && event.activity === 'paused') stopping.abort()
      },
    })
    expect(stopped.points.map(({ step, batch }) => [step, batch])).toEqual([
      [0, 0],
      [1, 1],
    ])
    const point = stopped.points[1]
    const controls: RecordedControl[] = steps(whole)
      .filter(({ step }) => step > 1)
      .map(({ step, held, alpha }) => ({ step, held, alpha }))
    const { step, epoch, batch, checkpoint, savedStep } = point
    const resume = {
      ...{ step, epoch, batch, checkpoint, savedStep, measured: true },
      weights: parseSafetensors(point.weights as Uint8Array),
      velocity: parseSafetensors(point.momentum),
    }
    // The log of the earlier attempt lacks the last step, in which the user still held α.
    const rest = await run({
      live: createLive(controls.slice(0, -1)),
      resume,
      resumed: { reason: 'user', message: '' },
    })
    expect(rest.events.find(({ type }) => type === 'start')).toMatchObject({ fromStep: 1, resumed: { reason: 'user' } })
    const learned = (of: Outcome) => steps(of).map(({ step, held, alpha }) => [step, held, alpha])
    const last = controls[controls.length - 2]
    expect(learned(rest)).toEqual([...learned(whole).slice(1, -1), [4, last.held, last.held ? last.alpha : 0]])
  })

  it('goes on in a fork without momentum from zeros', async () => {
    const half = await run({ config: { train: { epochs: 1, batchSize: 6, microBatchSize: 6 } } })
    const weights = parseSafetensors(half.files.get('epoch-0001.safetensors') as Uint8Array)
    const velocity = parseSafetensors(half.points.at(-1)?.momentum as Uint8Array)
    const zero = {
      ...velocity,
      tensors: new Map(
        [...velocity.tensors].map(([name, tensor]) => [
          name,
          { ...tensor, data: new Float32Array(tensor.data.length) },
        ]),
      ),
    }
    const from = { weights, step: 2, epoch: 1, measured: true }
    const fork = await run({ resume: { ...from, velocity: null } })
    const zeros = await run({ resume: { ...from, velocity: zero as typeof velocity } })
    expect(csv(fork)).toBe(csv(zeros))
  })

  it('numbers steps and epochs on where the images of now have more steps in an epoch', async () => {
    const half = await run({ config: { train: { epochs: 1, batchSize: 6, microBatchSize: 6 } } })
    const velocity = parseSafetensors(half.points.at(-1)?.momentum as Uint8Array)
    const weights = parseSafetensors(half.files.get('epoch-0001.safetensors') as Uint8Array)
    const resume = { weights, velocity, measured: true }
    const rest = await run({ data: moreData, resume: { ...resume, step: 2, epoch: 1 } })
    expect(steps(rest).map(({ step, epoch }) => [step, epoch])).toEqual([
      [3, 1.3333333],
      [4, 1.6666667],
      [5, 2],
    ])
    expect(rest.events[1]).toMatchObject({ type: 'start', fromStep: 2, stepsPerEpoch: 3, totalSteps: 5 })
    const { metadata } = parseSafetensors(rest.points.at(-1)?.momentum as Uint8Array)
    expect(metadata).toEqual({ step: '5', checkpoint: 'epoch-0002.safetensors' })
    // The same epoch in a run whose first epoch had three steps too.
    const even = await run({ data: moreData, resume: { ...resume, step: 3 } })
    const learned = (outcome: Outcome) =>
      steps(outcome).map(({ loss, alpha, learningRate }) => [loss, alpha, learningRate])
    expect(learned(rest)).toEqual(learned(even))
    expect([...rest.files.keys()]).toEqual([...even.files.keys()])
  })

  it('applies a live α from the next step on, records it, and replays the record', async () => {
    const live = createLive()
    const config = { regularizer: { schedule: [{ fromEpoch: 1, toEpoch: 2, alpha: -1 }] } }
    const moved = await run({
      config,
      live,
      onEvent: (event) => {
        if (event.type === 'step' && event.step === 1) live.hold(4)
        if (event.type === 'probe' && event.step === 2) live.handBack()
      },
    })
    const applied = steps(moved).map(({ alpha, held }) => [alpha, held])
    expect(applied).toEqual([
      [0, false],
      [4, true],
      [-1, false],
      [-1, false],
    ])
    for (const { loss, crossEntropy, alpha, penalty } of steps(moved))
      expect(loss).toBeCloseTo(crossEntropy - alpha * penalty, 5)
    const replayed = await run({ config, live: createLive(steps(moved)) })
    expect(steps(replayed).map(({ loss }) => loss)).toEqual(steps(moved).map(({ loss }) => loss))
    const untouched = await run({ config })
    expect(steps(untouched)[1].loss).not.toBe(steps(moved)[1].loss)
  })

  it('pauses between steps, takes a single step, and saves its weights when it is stopped', async () => {
    const controller = new AbortController()
    const live = createLive()
    live.pause()
    let pauses = 0
    const outcome = await run({
      live,
      signal: controller.signal,
      onEvent: (event) => {
        if (event.type !== 'activity' || event.activity !== 'paused') return
        if (pauses++ === 0) setTimeout(live.stepOnce, 10)
        else setTimeout(() => controller.abort(), 10)
      },
    })
    expect(steps(outcome)).toHaveLength(1)
    expect(end(outcome)).toMatchObject({ reason: 'stopped', step: 1, message: 'Stopped after step 1.' })
    expect([...outcome.files.keys()]).toContain('step-00000001.safetensors')
  })

  it('uses shuffled labels only for the regularizer when configured to', async () => {
    const config = (labels: 'true' | 'shuffled') => ({
      regularizer: { labels, schedule: [{ fromEpoch: 0, toEpoch: 1, alpha: -3 }] },
      train: { epochs: 1, batchSize: 6, microBatchSize: 6 },
    })
    const [plain, shuffled] = [await run({ config: config('true') }), await run({ config: config('shuffled') })]
    expect(steps(shuffled)[0].crossEntropy).toBe(steps(plain)[0].crossEntropy)
    expect(steps(shuffled)[0].penalty).not.toBe(steps(plain)[0].penalty)
  })
})

describe('a run that fails', () => {
  it('ends as diverged when the loss is not finite', async () => {
    const outcome = await run({
      config: {
        // Every step multiplies the weights by −99.
        optimizer: { learningRate: 100, momentum: 0, weightDecay: 1 },
        train: { epochs: 6, batchSize: 6, microBatchSize: 6 },
        // Saving would find the weights that are not finite before the next loss shows them.
        checkpoint: { everyEpochs: 6 },
      },
    })
    expect(end(outcome)).toMatchObject({
      reason: 'diverged',
      message: expect.stringMatching(/The loss is (NaN|-?Infinity) at step \d+/),
    })
    expect(end(outcome).advice).toMatch(/lower learning rate.*last good checkpoint is epoch-\d{4}\.safetensors/)
  })

  it('warns and continues when a checkpoint cannot be saved', async () => {
    const outcome = await run({
      config: { train: { epochs: 1, batchSize: 6, microBatchSize: 6 } },
      save: async () => {
        throw new Error('storage is full')
      },
    })
    expect(end(outcome).reason).toBe('finished')
    const warnings = outcome.events.filter((event) => event.type === 'warning')
    expect(warnings[0].message).toBe('The checkpoint epoch-0000.safetensors could not be saved: storage is full')
  })

  it('ends with a data error when an image can no longer be read', async () => {
    const gpu = await testGpu()
    const { DataError } = await import('../data/source.ts')
    const broken = {
      ...data,
      train: { ...data.train, read: async () => Promise.reject(new DataError('cannot read a/1.png: gone')) },
    }
    const events: RunEvent[] = []
    const options = {
      config: configOf(),
      data: broken,
      environment: environmentOf('a test', gpu, data),
      gpu,
      live: createLive(),
      signal: new AbortController().signal,
      save: async () => {},
    }
    for await (const event of train(options)) events.push(event)
    expect(events.at(-1)).toMatchObject({
      type: 'end',
      reason: 'data-error',
      message: 'cannot read a/1.png: gone',
    })
  })

  it('ends as device-lost when the GPU is lost, after all recorded events', async () => {
    const before = await testGpu()
    const gpu = await openGpu(navigator.gpu)
    const events: RunEvent[] = []
    const options = {
      config: configOf(),
      data,
      environment: environmentOf('a test', gpu, data),
      gpu,
      live: createLive(),
      signal: new AbortController().signal,
      save: async () => {},
    }
    for await (const event of train(options)) {
      events.push(event)
      if (event.type === 'step' && event.step === 1) gpu.destroy()
    }
    expect(events.at(-1)).toMatchObject({
      type: 'end',
      reason: 'device-lost',
      message: expect.stringMatching(/device was lost/),
    })
    expect(events.some(({ type }) => type === 'step')).toBe(true)
    expect(before.failure()).toBe(null)
    // On a new device the step is compiled again, and a run has the same results as on the lost device.
    const fresh = await openGpu(navigator.gpu)
    const again: RunEvent[] = []
    for await (const event of train({ ...options, gpu: fresh })) again.push(event)
    expect(again.at(-1)).toMatchObject({ type: 'end', reason: 'finished' })
    expect(csv({ events: again }).startsWith(csv({ events: events.slice(0, -1) }))).toBe(true)
    fresh.destroy()
  })
})
