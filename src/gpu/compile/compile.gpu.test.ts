import * as tf from '@tensorflow/tfjs'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { stream } from '../../random.ts'
import { testGpu } from '../../testing/gpu.ts'
import { createExecutor } from '../executor.ts'
import { labBackend } from '../lab-backend.ts'
import { submitStarts } from '../pace.ts'
import { type Gpu, read } from '../read.ts'
import { type CompiledStep, type CompileOptions, compile, planCommands, planStep } from './compile.ts'
import type { Values } from './inputs.ts'
import { CompileRefusal } from './refusal.ts'
import type { Step } from './trace.ts'

let gpu: Gpu
const made: { dispose: () => void }[] = []
beforeAll(async () => {
  gpu = await testGpu()
})
afterEach(() => {
  for (const one of made.splice(0)) one.dispose()
})

const variable = (name: string, values: tf.TensorLike) => {
  const one = tf.tidy(() => tf.variable(tf.tensor(values), true, `${name}-${made.length}-${Math.random()}`))
  made.push(one)
  return one
}
const noise = (seed: number, length: number) => {
  const { normal } = stream(seed, 'noise')
  return Float32Array.from({ length }, normal)
}
const bytes = (values: Float32Array[]) =>
  values.map((v) => Buffer.from(v.buffer, v.byteOffset, v.byteLength).toString('hex'))

/** Runs the step uncompiled, on new tensors. */
async function eager(step: Step, inputs: CompileOptions['inputs'], values: Values): Promise<Float32Array[]> {
  const results = tf.tidy(() =>
    step(
      Object.fromEntries(
        Object.entries(inputs).map(([name, { shape, dtype }]) => [name, tf.tensor(values[name], [...shape], dtype)]),
      ),
    ),
  )
  return read(gpu, Object.values(results)).finally(() => tf.dispose(results as tf.NamedTensorMap))
}

const compiled = (step: Step, options: CompileOptions): CompiledStep => {
  const one = compile(step, options)
  made.push(one)
  return one
}
const run = (program: CompiledStep, values: Values) => {
  program.run(values)
  return read(gpu, Object.values(program.outputs))
}

const inputs = { x: { shape: [5, 8, 8, 3], dtype: 'float32' }, y: { shape: [5, 4], dtype: 'float32' } } as const
const values = (seed: number) => ({
  x: noise(seed, 5 * 8 * 8 * 3),
  y: Float32Array.from({ length: 20 }, (_, i) => Number(i % 4 === (i + seed) % 3)),
})

/** A small network of tfjs's layers after one step of Adam. Every call returns the same weights. */
async function layers() {
  const before = new Set(Object.keys(tf.engine().registeredVariables))
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({
        inputShape: [8, 8, 3],
        filters: 6,
        kernelSize: 3,
        padding: 'same',
        activation: 'tanh',
        kernelInitializer: tf.initializers.randomNormal({ seed: 4 }),
      }),
      tf.layers.averagePooling2d({ poolSize: 2 }),
      tf.layers.flatten(),
      tf.layers.dense({
        units: 12,
        activation: 'sigmoid',
        kernelInitializer: tf.initializers.randomNormal({ seed: 5 }),
      }),
      tf.layers.dense({ units: 4, kernelInitializer: tf.initializers.randomNormal({ seed: 6 }) }),
    ],
  })
  const optimizer = tf.train.adam(0.01)
  const step: Step = ({ x, y }) => ({
    loss: optimizer.minimize(() => tf.losses.softmaxCrossEntropy(y, model.apply(x) as tf.Tensor), true) as tf.Scalar,
  })
  await eager(step, inputs, values(0))
  // Adam creates its moments in its first step.
  const state = Object.values(tf.engine().registeredVariables).filter(({ name }) => !before.has(name))
  made.push(...state)
  return { step, state, weights: model.getWeights() }
}

describe('a compiled step', () => {
  it('computes the bytes of the step itself over 20 runs (convolutional layers, Adam)', async () => {
    const [one, two] = [await layers(), await layers()]
    const program = compiled(two.step, { inputs, state: two.state })
    for (let i = 1; i <= 20; i++) {
      const [expected, got] = [await eager(one.step, inputs, values(i)), await run(program, values(i))]
      expect(bytes(got), `step ${i}`).toEqual(bytes(expected))
    }
    const [expected, got] = [await read(gpu, one.weights), await read(gpu, two.weights)]
    expect(bytes(got)).toEqual(bytes(expected))
    const { dispatches, submits, plannedBytes, unplannedBytes, liveBytes } = program.report()
    expect(dispatches).toBeGreaterThan(30)
    // A GPU starts with short submits.
    if (gpu.adapter.software) expect(submits).toBe(1)
    else expect(submits).toBeGreaterThan(1)
    expect(submits).toBeLessThan(6)
    expect(plannedBytes).toBeLessThan(unplannedBytes / 2)
    expect(plannedBytes).toBeGreaterThanOrEqual(liveBytes)
    const options = { inputs, state: two.state }
    const [planned, { traffic }] = [planCommands(two.step, options), planStep(two.step, options)]
    expect(planned.filter(({ threads }) => threads > 0)).toHaveLength(dispatches)
    const moved = ({ readBytes, writtenBytes }: { readBytes: number; writtenBytes: number }) => readBytes + writtenBytes
    const sum = (numbers: number[]) => numbers.reduce((a, b) => a + b)
    expect(sum(planned.map(moved))).toBe(sum(traffic.map(moved)))
  })

  it('and an eager one are divided into submits of the time that the pace allows, and compute the same bytes', async () => {
    const [one, two] = [await layers(), await layers()]
    const backend = labBackend()
    if (!backend) throw new Error('no backend')
    const { pace } = backend
    const [eagerly, fast] = [createExecutor({ gpu, eager: true }), createExecutor({ gpu })]
    made.push(eagerly, fast)
    const graph = { name: 'a test', key: '', inputs }
    try {
      // As much as 25 dispatches without work: some of the small dispatches of this step.
      const most = 25 * pace.assumed({ flops: 0, bytes: 0 })
      const own = { ...pace, perSubmit: () => most, submitStarts: (times: number[]) => submitStarts(times, most, [3]) }
      Object.assign(backend, { pace: own })
      for (let i = 1; i <= 3; i++) {
        const expected = await eagerly.run({ ...graph, ...one }, values(i))
        expect(await fast.run({ ...graph, ...two }, values(i))).toEqual(expected)
      }
      for (const [{ submits, dispatches }] of [eagerly.reports(), fast.reports()]) {
        expect(submits).toBeGreaterThan(2)
        expect(submits).toBeLessThan(dispatches / 2)
      }
    } finally {
      Object.assign(backend, { pace })
    }
    const [expected, got] = [await read(gpu, one.weights), await read(gpu, two.weights)]
    expect(bytes(got)).toEqual(bytes(expected))
  })

  it('computes nothing and changes no variable during its trace', async () => {
    const w = variable('w', [1, 2])
    const calls: number[] = []
    const step: Step = ({ x }) => {
      calls.push(1)
      w.assign(tf.add(w, x))
      return { sum: tf.sum(w) }
    }
    const program = compiled(step, { inputs: { x: { shape: [2], dtype: 'float32' } }, state: [w] })
    expect(await w.data()).toEqual(Float32Array.of(1, 2))
    expect((await run(program, { x: Float32Array.of(3, 4) }))[0]).toEqual(Float32Array.of(10))
    expect((await run(program, { x: Float32Array.of(1, 1) }))[0]).toEqual(Float32Array.of(12))
    expect(await w.data()).toEqual(Float32Array.of(5, 7))
    expect(calls).toHaveLength(1)
  })

  it('exchanges variables, separates several uses of one value, and starts every run from its constants', async () => {
    const [a, b] = [variable('a', [1, 2]), variable('b', [3, 4])]
    const table = tf.tensor1d([10, 20])
    const step: Step = ({ x }) => {
      const old = a.clone()
      a.assign(b.clone() as tf.Tensor)
      b.assign(old)
      const scaled = tf.mul(x, table)
      return {
        scaled,
        again: scaled.clone(),
        state: a,
        input: x,
        constant: tf.tensor1d([7, 8]),
        shaped: scaled.reshape([2, 1]),
      }
    }
    const program = compiled(step, { inputs: { x: { shape: [2], dtype: 'float32' } }, state: [a, b] })
    // The compiled step holds a reference.
    table.dispose()
    const results = await run(program, { x: Float32Array.of(1, 2) })
    expect(results.map((r) => [...r])).toEqual([
      [10, 40],
      [10, 40],
      [3, 4],
      [1, 2],
      [7, 8],
      [10, 40],
    ])
    expect(program.outputs.shaped.shape).toEqual([2, 1])
    expect([[...(await a.data())], [...(await b.data())]]).toEqual([
      [3, 4],
      [1, 2],
    ])
    await run(program, { x: Float32Array.of(0, 0) })
    expect([[...(await a.data())], [...(await b.data())]]).toEqual([
      [1, 2],
      [3, 4],
    ])
  })

  it('uses tensors from outside in place, and notices a variable that is assigned to later', async () => {
    const x = { x: { shape: [3], dtype: 'float32' } } as const
    const [gain, offset] = [variable('gain', [4, 4, 4]), tf.tensor1d([1, 2, 3])]
    made.push(offset)
    // Puts buffers into the pool that have the size of those that the trace uploads.
    tf.square(tf.square(tf.tensor1d([1, 2, 3]))).dispose()
    await tf.tensor1d([1, 2, 3]).square().data()
    const step: Step = (t) => ({ y: tf.add(tf.mul(tf.square(t.x), tf.sqrt(gain)), tf.sqrt(tf.square(offset))) })
    const program = compiled(step, { inputs: x, state: [] })
    expect([...(await run(program, { x: Float32Array.of(1, 2, 3) }))[0]]).toEqual([3, 10, 21])
    expect(program.stale()).toBe(false)
    gain.assign(tf.tensor1d([9, 9, 9]))
    expect(program.stale()).toBe(true)
    expect([...(await tf.add(offset, 1).data())]).toEqual([2, 3, 4])
  })

  it('returns the outputs of the requested run, also after the next run has begun', async () => {
    const program = compiled(({ x }) => ({ y: tf.square(x) }), {
      inputs: { x: { shape: [1], dtype: 'float32' } },
      state: [],
    })
    program.run({ x: Float32Array.of(2) })
    const first = program.outputs.y.data()
    program.run({ x: Float32Array.of(3) })
    expect([...(await first)]).toEqual([4])
    expect([...(await program.outputs.y.data())]).toEqual([9])
  })

  it('makes no bind group and calls no step in a replay', async () => {
    const { device } = gpu
    let calls = 0
    const step: Step = ({ x }) => {
      calls++
      return { y: tf.sum(tf.square(tf.add(x, 1))) }
    }
    const program = compiled(step, {
      inputs: { x: { shape: [3], dtype: 'float32' } },
      state: [],
    })
    await run(program, { x: Float32Array.of(1, 2, 3) })
    const { createBindGroup } = device
    let groups = 0
    device.createBindGroup = (descriptor) => {
      groups++
      return createBindGroup.call(device, descriptor)
    }
    try {
      for (let i = 0; i < 3; i++)
        expect(await run(program, { x: Float32Array.of(i, 0, 0) })).toEqual([Float32Array.of((i + 1) ** 2 + 2)])
    } finally {
      device.createBindGroup = createBindGroup
    }
    expect({ groups, calls }).toEqual({ groups: 0, calls: 1 })
  })

  it('names an input of the wrong length or type', () => {
    const program = compiled(({ x }) => ({ y: tf.square(x) }), {
      inputs: { x: { shape: [3], dtype: 'float32' } },
      state: [],
    })
    expect(() => program.run({ x: new Float32Array(2) })).toThrow(new RangeError('input x needs 3 values (has 2)'))
    expect(() => program.run({})).toThrow('input x needs 3 values (has none)')
    expect(() => program.run({ x: new Int32Array(3) })).toThrow('input x needs float32 values (has a Int32Array)')
  })

  it('leaves no tensor and no GPU byte after compiling and disposing', async () => {
    const w = variable('w', [1, 2, 3])
    const once = async () => {
      const program = compile(
        ({ x }) => {
          w.assign(tf.add(tf.mul(w, 0.5), x))
          return { loss: tf.sum(tf.square(w)) }
        },
        { inputs: { x: { shape: [3], dtype: 'float32' } }, state: [w] },
      )
      program.run({ x: Float32Array.of(1, 2, 3) })
      await read(gpu, [program.outputs.loss])
      program.dispose()
    }
    await once()
    const memory = () => [tf.memory().numTensors, tf.memory().numDataBuffers, gpu.bytes()]
    const before = memory()
    for (let i = 0; i < 10; i++) await once()
    expect(memory()).toEqual(before)
    expect(gpu.failure()).toBe(null)
  })
})

describe('compile refuses, naming the operation,', () => {
  const x = { shape: [4], dtype: 'float32' } as const
  const refused = (step: Step, state: tf.Variable[] = []): CompileRefusal => {
    const memory = () => [tf.memory().numDataBuffers, gpu.bytes()]
    const attempt = () => {
      try {
        compile(step, { inputs: { x }, state }).dispose()
      } catch (error) {
        return error as CompileRefusal
      }
      throw new Error('compile did not refuse the step')
    }
    attempt()
    const before = memory()
    const refusal = attempt()
    expect(memory()).toEqual(before)
    return refusal
  }

  it('a readback', () => {
    expect(refused((t) => ({ y: tf.mul(t.x, t.x.dataSync()[0]) }))).toMatchObject({
      name: 'CompileRefusal',
      message: 'cannot compile the step itself: it reads values back from the GPU',
    })
    const w = variable('w', [2])
    expect(refused(() => ({ y: tf.scalar(w.dataSync()[0]) }), [w])).toBeInstanceOf(CompileRefusal)
  })

  it('a readback that is not awaited', () => {
    const step: Step = (t) => {
      t.x.data().catch(() => {})
      return { y: tf.square(t.x) }
    }
    expect(refused(step).message).toMatch('reads values back')
  })

  it('shapes that depend on values', () => {
    const boxes = tf.tensor2d([0, 0, 1, 1, 0, 0, 2, 2, 0, 0, 3, 3, 0, 0, 4, 4], [4, 4])
    made.push(boxes)
    expect(refused((t) => ({ y: tf.image.nonMaxSuppression(boxes, t.x as tf.Tensor1D, 2) })).operation).toBe(
      'NonMaxSuppressionV3',
    )
  })

  it('random numbers', () => {
    expect(refused((t) => ({ y: tf.add(t.x, tf.randomNormal([4])) })).message).toMatch('draws random numbers')
  })

  it('a variable that is changed or made without being declared', () => {
    const w = variable('w', [1, 2, 3, 4])
    const assigning: Step = (t) => {
      w.assign(t.x)
      return {}
    }
    expect(refused(assigning).message).toMatch(`assigns to the variable ${w.name}, which is not declared as state`)
    expect(refused((t) => ({ y: tf.variable(t.x, true, 'fresh') })).message).toMatch('makes the variable fresh')
    expect(tf.engine().registeredVariables.fresh).toBe(undefined)
  })

  it('a variable that is disposed, or that shares its values with one that changes', async () => {
    const w = variable('w', [1, 2, 3, 4])
    const disposable = variable('gone', [1, 2, 3, 4])
    const disposing: Step = (t) => {
      const y = tf.add(t.x, disposable)
      disposable.dispose()
      return { y }
    }
    expect(() => compile(disposing, { inputs: { x }, state: [] })).toThrow(`disposes the variable ${disposable.name}`)
    const twin = tf.variable(w, true, 'twin')
    made.push(twin)
    const assigning: Step = (t) => {
      w.assign(t.x)
      return { y: tf.square(w) }
    }
    expect(refused(assigning, [w]).message).toMatch('share their values')
    expect([...(await w.data())]).toEqual([1, 2, 3, 4])
  })

  it('a backward pass that reads values back, and then disposes its saved tensors', () => {
    const w = variable('w', [1, 2, 3, 4])
    const reading: Step = (t) => {
      const f = (v: tf.Tensor) => tf.sum(tf.mul(tf.mul(v, w), tf.mul(v, t.x))).mul(tf.scalar(t.x.dataSync()[0]))
      return { y: tf.grad(f)(w) }
    }
    expect(refused(reading, [w]).message).toMatch('reads values back')
  })

  it('tensors that outlive the step, or that come from outside and are disposed', () => {
    expect(refused((t) => ({ y: tf.keep(tf.square(tf.square(t.x))).add(1) })).message).toMatch('keeps tensors beyond')
    const outside = tf.square(tf.tensor1d([1, 2]))
    made.push(outside)
    const disposing: Step = (t) => {
      const y = tf.add(t.x, tf.sum(outside))
      outside.dispose()
      return { y }
    }
    expect(refused(disposing).message).toMatch('disposes a tensor from outside')
  })

  it('a backend other than the lab’s', async () => {
    await tf.setBackend('cpu')
    try {
      expect(() => compile(() => ({}), { inputs: {}, state: [] })).toThrow(
        'needs the lab’s WebGPU backend (have cpu)'.replace('’', "'"),
      )
    } finally {
      await tf.setBackend('webgpu')
    }
    // The lab's backend is in use again and compiles.
    const program = compiled((t) => ({ y: tf.square(t.x) }), { inputs: { x }, state: [] })
    expect(await run(program, { x: Float32Array.of(1, 2, 3, 4) })).toEqual([Float32Array.of(1, 4, 9, 16)])
  })
})
