/** Opens a device for tfjs's WebGPU backend and checks that it computes right numbers. */
import * as tf from '@tensorflow/tfjs'
import { openDevice } from './device.ts'
import type { DeviceOptions } from './device-options.ts'
import { registerAddition } from './kernels/addition.ts'
import { createChoices } from './kernels/choose.ts'
import { registerConvolutions } from './kernels/conv/register.ts'
import { dispatchesPerSubmit, LabBackend } from './lab-backend.ts'
import type { Gpu } from './read.ts'
import { selfTest } from './self-test.ts'

/**
 * Opens a device, makes it tfjs's backend and tests it. tfjs uses the device that was opened last. Throws DeviceError when there
 * is no adapter or the driver computes wrong numbers.
 */
export async function openGpu(webgpu: GPU | undefined, options?: DeviceOptions): Promise<Gpu> {
  const device = await openDevice(webgpu, options)
  if (tf.findBackendFactory('webgpu')) tf.removeBackend('webgpu')
  const choices = createChoices(device.adapter)
  tf.registerBackend('webgpu', () => new LabBackend(device.device, device.info, choices))
  registerConvolutions()
  registerAddition()
  tf.env().set('WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE', dispatchesPerSubmit)
  await tf.setBackend('webgpu')
  tf.enableProdMode()
  const gpu: Gpu = { ...device, bytes: () => (tf.memory() as { numBytesInGPU?: number }).numBytesInGPU ?? 0 }
  await selfTest(gpu)
  return gpu
}
