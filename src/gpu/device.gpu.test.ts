import * as tf from '@tensorflow/tfjs'
import { describe, expect, it } from 'vitest'
import { testGpu } from '../testing/gpu.ts'
import { type Device, type DeviceError, openDevice } from './device.ts'
import { read } from './read.ts'
import { selfTest } from './self-test.ts'

const failureOf = ({ onFailure }: Device) => new Promise<DeviceError>(onFailure)

describe('the device', () => {
  it('has the adapter’s maximum limits and names what it runs on', async () => {
    const gpu = await testGpu()
    expect(gpu.adapter.name).not.toBe('')
    expect(gpu.adapter.limits.maxStorageBufferBindingSize).toBeGreaterThan(128 * 2 ** 20)
    expect(gpu.adapter.software).toBe(/swiftshader|llvmpipe/i.test(gpu.adapter.name))
  })

  it('refuses a driver that gives wrong numbers, naming the operation', async () => {
    const gpu = await testGpu()
    const wrong = () => [100, 294, 135, 1].map((n) => tf.fill([n], 0.5))
    await expect(selfTest(gpu, wrong)).rejects.toThrow(/wrong numbers: a convolution on/)
  })

  it('says that there is no WebGPU or no adapter', async () => {
    await expect(openDevice(undefined)).rejects.toMatchObject({ reason: 'no-webgpu' })
    const none = { requestAdapter: async () => null } as unknown as GPU
    await expect(openDevice(none)).rejects.toMatchObject({ reason: 'no-adapter' })
  })

  it('reports validation errors and a lost device', async () => {
    const broken = await openDevice(navigator.gpu)
    broken.device.createBuffer({ size: 16, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.STORAGE })
    expect(await failureOf(broken)).toMatchObject({ reason: 'validation' })
    const lost = await openDevice(navigator.gpu)
    lost.destroy()
    expect(await failureOf(lost)).toMatchObject({ reason: 'device-lost' })
    expect(lost.failure()?.message).toMatch(/lost/)
  })

  it('reads several tensors in one transfer', async () => {
    const gpu = await testGpu()
    const tensors = [tf.tensor1d([1, 2]), tf.scalar(3), tf.tensor2d([[4], [5]])]
    const values = await read(gpu, tensors)
    expect(values.map((v) => [...v])).toEqual([[1, 2], [3], [4, 5]])
    tf.dispose(tensors)
  })
})
