import * as tf from '@tensorflow/tfjs'
import { describe, expect, it } from 'vitest'
import { testGpu } from '../testing/gpu.ts'
import { adapterNameOf, type Device, type DeviceError, openDevice } from './device.ts'
import { inErrorScopes } from './error-scopes.ts'
import { openNodeGpu } from './node/driver.ts'
import { read } from './read.ts'
import { selfTest } from './self-test.ts'

const failureOf = ({ onFailure }: Device) => new Promise<DeviceError>(onFailure)

describe('the device', () => {
  it('is that of the adapter with a number, and a number that no adapter has lists them', async () => {
    await expect(openNodeGpu(99)).rejects.toThrow(/no GPU 99 \(have 0: .+\)/)
    const { gpu } = await openNodeGpu(0)
    expect(await adapterNameOf(gpu)).toBe((await testGpu()).adapter.name)
  })

  it('has the adapter’s maximum limits and reports the adapter’s name', async () => {
    const gpu = await testGpu()
    expect(gpu.adapter.name).not.toBe('')
    expect(gpu.adapter.limits.maxStorageBufferBindingSize).toBeGreaterThan(128 * 2 ** 20)
    expect(gpu.adapter.software).toBe(/swiftshader|llvmpipe/i.test(gpu.adapter.name))
  })

  it('refuses a driver that computes wrong numbers, naming the operation', async () => {
    const gpu = await testGpu()
    const wrong = () => [100, 294, 135, 1].map((n) => tf.fill([n], 0.5))
    await expect(selfTest(gpu, wrong)).rejects.toThrow(/wrong numbers: a convolution on/)
  })

  it('reports that there is no WebGPU or no adapter', async () => {
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

  it('reports the line of a shader that does not compile, with its number', async () => {
    const broken = await openDevice(navigator.gpu)
    const code = 'fn one() -> f32 { return 1f; }\n@compute @workgroup_size(1)\nfn main() { let x = missing(1); }\n'
    const module = broken.device.createShaderModule({ label: 'a broken shader', code })
    broken.device.createComputePipeline({ layout: 'auto', compute: { module } })
    const error = await failureOf(broken)
    expect(error).toMatchObject({ reason: 'validation' })
    expect(error.message).toMatch(/a broken shader does not compile: 3:21 .*missing/)
    expect(error.message).toContain('\n  2 | @compute @workgroup_size(1)\n  3 | fn main() { let x = missing(1); }')
    broken.destroy()
  })

  it('catches errors within scopes, so that they do not become the device’s failure', async () => {
    const device = await openDevice(navigator.gpu)
    const caught = await inErrorScopes(device, async () => {
      device.device.createBuffer({ size: 16, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.STORAGE })
      return 1
    })
    expect(caught).toMatchObject({ error: { name: 'DeviceError', reason: 'validation' } })
    const thrown = await inErrorScopes(device, async () => {
      device.device.createShaderModule({ label: 'nonsense', code: 'nonsense' })
      throw new Error('and an exception')
    })
    expect(thrown).toMatchObject({ error: { message: expect.stringMatching(/nonsense does not compile/) } })
    expect(await inErrorScopes(device, async () => 2)).toEqual({ value: 2 })
    await device.device.queue.onSubmittedWorkDone()
    expect(device.failure()).toBe(null)
    // A caught error must not appear in the report of a later failure.
    device.device.createBuffer({ size: 16, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.STORAGE })
    const later = await failureOf(device)
    expect(later.message).not.toMatch(/nonsense/)
    device.destroy()
  })

  it('reads several tensors in one transfer', async () => {
    const gpu = await testGpu()
    const tensors = [tf.tensor1d([1, 2]), tf.scalar(3), tf.tensor2d([[4], [5]])]
    const values = await read(gpu, tensors)
    expect(values.map((v) => [...v])).toEqual([[1, 2], [3], [4, 5]])
    tf.dispose(tensors)
  })
})
