import * as tf from '@tensorflow/tfjs'
import { expect, it } from 'vitest'
import { testGpu } from '../testing/gpu.ts'
import { DeviceError } from './device.ts'
import { createExecutor, type Graph } from './executor.ts'
import { createChoices } from './kernels/choose.ts'
import { emptyTensor, labBackend } from './lab-backend.ts'
import type { Program } from './program.ts'

const x = { x: { shape: [2], dtype: 'float32' } } as const
const graphOf = (step: Graph['step'], key = '', state: tf.Variable[] = []): Graph => ({
  name: 'a test',
  key,
  inputs: x,
  state,
  step,
})

it('runs a graph operation by operation if it cannot be compiled, and reports the reason', async () => {
  const executor = createExecutor({ gpu: await testGpu() })
  let calls = 0
  const graph = graphOf((t) => {
    calls++
    return { y: tf.add(tf.mul(t.x, 2), tf.fill([2], Math.random() < 2 ? 1 : 0)) }
  })
  expect([...(await executor.run(graph, { x: Float32Array.of(1, 2) })).y]).toEqual([3, 5])
  expect([...(await executor.run(graph, { x: Float32Array.of(3, 4) })).y]).toEqual([7, 9])
  // The graph's function is called once by the trace and once by each run. The executor traces only once.
  expect(calls).toBe(3)
  expect(executor.reports()).toMatchObject([
    { compiled: false, refusal: expect.stringMatching(/draws random numbers/), dispatches: expect.any(Number) },
  ])
  expect(executor.reports()[0].dispatches).toBeGreaterThan(1)
  executor.dispose()
})

it('compiles again after other code has assigned to a variable', async () => {
  const gpu = await testGpu()
  const w = tf.variable(tf.tensor1d([1, 1]))
  const executor = createExecutor({ gpu })
  const wide = graphOf((t) => ({ y: tf.mul(tf.square(tf.add(t.x, 1)), w) }), 'wide', [w])
  const narrow = graphOf((t) => ({ y: tf.sum(tf.mul(t.x, w)) }), 'narrow', [w])
  const values = { x: Float32Array.of(1, 2) }
  expect([...(await executor.run(wide, values)).y]).toEqual([4, 9])
  expect([...(await executor.run(narrow, values)).y]).toEqual([3])
  const next = tf.tensor1d([10, 100])
  w.assign(next)
  next.dispose()
  expect([...(await executor.run(wide, values)).y]).toEqual([40, 900])
  expect([...(await executor.run(narrow, values)).y]).toEqual([210])
  executor.dispose()
  w.dispose()
  const leftovers = [tf.memory().numTensors, gpu.bytes()]
  const again = createExecutor({ gpu })
  await again.run(
    graphOf((t) => ({ y: tf.square(t.x) })),
    values,
  )
  again.dispose()
  expect([tf.memory().numTensors, gpu.bytes()]).toEqual(leftovers)
})

it.each([false, true])('uses its own kernel choices, whichever executor ran before (eager: %s)', async (eager) => {
  const gpu = await testGpu()
  const work = 'forward 8x1x1x64>1x1x16 1x1/1x1+0x0'
  const executorWith = (variant: string) =>
    createExecutor({ gpu, eager, choices: createChoices(gpu.adapter, { [work]: variant }) })
  // A reduction in two splits takes a second dispatch, which adds them up.
  const [whole, split] = [executorWith('register-8x4'), executorWith('register-8x4/2')]
  const product = (key: string): Graph => ({
    name: key,
    key,
    inputs: { a: { shape: [8, 64], dtype: 'float32' }, b: { shape: [64, 16], dtype: 'float32' } },
    state: [],
    step: ({ a, b }) => ({ y: tf.matMul(a, b) }),
  })
  const values = { a: new Float32Array(8 * 64).fill(1), b: new Float32Array(64 * 16).fill(2) }
  for (const key of ['first', 'second', 'first']) {
    for (const executor of [whole, split]) {
      const { y } = await executor.run(product(key), values)
      expect([...y]).toEqual(Array(8 * 16).fill(128))
    }
  }
  expect(whole.reports().map(({ dispatches }) => dispatches)).toEqual([1, 1])
  expect(split.reports().map(({ dispatches }) => dispatches)).toEqual([2, 2])
  for (const executor of [whole, split]) executor.dispose()
})

/** A graph of several programs, each of which multiplies two numbers by 2. */
function doubling(name: string, count: number, code = 'result[id.x] = 2f * x[id.x];'): Graph {
  const backend = labBackend()
  if (!backend) throw new Error('the lab’s backend is not in use')
  const programs = Array.from(
    { length: count },
    (_, i): Program => ({
      key: `test-${name}-${i}`,
      outputs: { result: 'f32' },
      inputs: { x: 'f32' },
      uniforms: {},
      code: `@compute @workgroup_size(2) fn main(@builtin(global_invocation_id) id : vec3u) {\n${code}\n}`,
    }),
  )
  const twice = (x: tf.Tensor, program: Program) => {
    const result = emptyTensor(backend, [2])
    backend.dispatch(program, { outputs: [result], inputs: [x], uniforms: {}, workgroups: [1] })
    return result
  }
  return { ...graphOf((t) => ({ y: programs.reduce(twice, t.x) })), name, key: name }
}

const ones = { x: Float32Array.of(1, 3) }

it('prepares a graph: its programs compile in parallel, with progress, and its run compiles none', async () => {
  const gpu = await testGpu()
  const made: string[] = []
  const { createComputePipeline } = gpu.device
  gpu.device.createComputePipeline = (descriptor) => {
    made.push(descriptor.label ?? '')
    return createComputePipeline.call(gpu.device, descriptor)
  }
  const said: string[] = []
  const executor = createExecutor({ gpu, onCompiling: (done, total) => said.push(`${done} of ${total}`) })
  const graph = doubling('parallel', 3)
  await executor.prepare(graph)
  expect(said).toEqual(['0 of 3', '1 of 3', '2 of 3', '3 of 3'])
  await executor.prepare(graph)
  expect(said).toHaveLength(4)
  expect([...(await executor.run(graph, ones)).y]).toEqual([8, 24])
  expect(made).toEqual([])
  // Without preparing, a run compiles.
  expect([...(await executor.run(doubling('at once', 2), ones)).y]).toEqual([4, 12])
  expect(made).toEqual(['test-at once-0', 'test-at once-1'])
  gpu.device.createComputePipeline = createComputePipeline
  executor.dispose()
})

it('rejects a program that does not compile with its line, and the device stays usable', async () => {
  const gpu = await testGpu()
  const executor = createExecutor({ gpu })
  const failed = executor.prepare(doubling('wrong', 2, 'result[id.x] = missing(1);'))
  await expect(failed).rejects.toThrow(/test-wrong-\d does not compile: 4:16 .*missing.*4 \| result\[id.x\] = missing/s)
  await expect(failed).rejects.toThrow(DeviceError)
  expect(gpu.failure()).toBe(null)
  const right = doubling('right', 1)
  await executor.prepare(right)
  expect([...(await executor.run(right, ones)).y]).toEqual([2, 6])
  executor.dispose()
})

it('stops while it compiles', async () => {
  const gpu = await testGpu()
  const stop = new AbortController()
  const executor = createExecutor({ gpu, signal: stop.signal, onCompiling: (done) => done === 0 && stop.abort() })
  const graph = doubling('stopped', 40)
  await expect(executor.prepare(graph)).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }))
  executor.dispose()
  const next = createExecutor({ gpu })
  expect([...(await next.run(graph, ones)).y]).toEqual([2 ** 40, 3 * 2 ** 40])
  next.dispose()
  expect(gpu.failure()).toBe(null)
})
