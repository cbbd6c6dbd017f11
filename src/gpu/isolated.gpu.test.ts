import * as tf from '@tensorflow/tfjs'
import { expect, it } from 'vitest'
import { testGpu } from '../testing/gpu.ts'
import { refuseBuffers } from '../testing/gpu-errors.ts'
import { DeviceError } from './device.ts'
import { createExecutor, type Graph } from './executor.ts'
import { isolated } from './isolated.ts'

const graphOf = (size: number): Graph => ({
  name: 'a test',
  key: String(size),
  inputs: { x: { shape: [size], dtype: 'float32' } },
  state: [],
  step: ({ x }) => ({ y: tf.sum(tf.square(x)) }),
})

const ones = (size: number) => ({ x: new Float32Array(size).fill(1) })

it.each([false, true])('an error of the GPU fails only the isolated work (eager: %s)', async (eager) => {
  // A size without pooled buffers of earlier work.
  const fresh = eager ? 1700 : 700
  const gpu = await testGpu()
  const run = createExecutor({ gpu, eager })
  expect([...(await run.run(graphOf(300), ones(300))).y]).toEqual([300])
  const measurement = isolated(createExecutor({ gpu, eager }), gpu)
  expect([...(await measurement.run(graphOf(500), ones(500))).y]).toEqual([500])
  const allow = refuseBuffers(gpu.device)
  try {
    const failed = measurement.run(graphOf(fresh), ones(fresh))
    const together = measurement.run(graphOf(fresh), ones(fresh))
    await expect(failed).rejects.toThrow(DeviceError)
    await expect(together).rejects.toThrow(DeviceError)
  } finally {
    allow()
  }
  measurement.dispose()
  await gpu.device.queue.onSubmittedWorkDone()
  expect(gpu.failure()).toBe(null)
  expect([...(await run.run(graphOf(300), ones(300))).y]).toEqual([300])
  // A buffer of the failed work's size must be new, not pooled.
  expect([...(await run.run(graphOf(fresh), ones(fresh))).y]).toEqual([fresh])
  run.dispose()
  expect(gpu.failure()).toBe(null)
})

it('rejects with other errors of the work', async () => {
  const gpu = await testGpu()
  const executor = isolated(createExecutor({ gpu }), gpu)
  await expect(executor.run(graphOf(3), { x: new Float32Array(2000) })).rejects.toThrow(RangeError)
  executor.dispose()
})

it('disposes the tensors of a failed allocation, and leaves the device usable', async () => {
  const gpu = await testGpu()
  const executor = isolated(createExecutor({ gpu }), gpu)
  const squares = () => tf.tidy(() => tf.square(tf.tensor1d(new Float32Array(1100).fill(2))))
  const [tensors, bytes] = [tf.memory().numTensors, gpu.bytes()]
  const allow = refuseBuffers(gpu.device)
  try {
    await expect(executor.allocate(squares)).rejects.toThrow(DeviceError)
  } finally {
    allow()
  }
  executor.dispose()
  await gpu.device.queue.onSubmittedWorkDone()
  expect([gpu.failure(), tf.memory().numTensors, gpu.bytes()]).toEqual([null, tensors, bytes])
  const again = isolated(createExecutor({ gpu }), gpu)
  const made = await again.allocate(squares)
  expect((await made.data())[1099]).toBe(4)
  made.dispose()
  again.dispose()
})
