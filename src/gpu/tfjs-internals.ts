/** The private parts of tfjs's WebGPU backend and engine that `LabBackend` uses; checked against the pinned version of tfjs. */
import * as tf from '@tensorflow/tfjs'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'

/** Private members of tfjs's buffer manager. */
export interface BufferPool {
  readonly numBytesUsed: number
  readonly freeBuffers: ReadonlyMap<string, GPUBuffer[]>
}

/** Private members of tfjs's backend that belong to one device. `LabBackend` exchanges them together. */
export interface DeviceContext {
  device: GPUDevice
  queue: GPUQueue
  bufferManager: WebGPUBackend['bufferManager']
  commandEncoder: GPUCommandEncoder | null
  computePassEncoder: GPUComputePassEncoder | null
  dispatchCountInPass: number
  /** Released with the next submit. */
  tensorDataPendingDisposal: object[]
  stagingPendingDisposal: GPUBuffer[]
  uniformPendingDisposal: GPUBuffer[]
}

/** Private members of tfjs's backend. */
export interface Internals extends DeviceContext {
  commandQueueOwnedIds: WeakSet<object>
}

/** The state of a device with nothing recorded and nothing to release, as after a submit. */
export const idle = () => ({
  commandEncoder: null,
  computePassEncoder: null,
  dispatchCountInPass: 0,
  tensorDataPendingDisposal: [],
  stagingPendingDisposal: [],
  uniformPendingDisposal: [],
})

export function contextOf(internals: Internals): DeviceContext {
  const { device, queue, bufferManager, commandEncoder, computePassEncoder, dispatchCountInPass } = internals
  const { tensorDataPendingDisposal, stagingPendingDisposal, uniformPendingDisposal } = internals
  return {
    device,
    queue,
    bufferManager,
    commandEncoder,
    computePassEncoder,
    dispatchCountInPass,
    tensorDataPendingDisposal,
    stagingPendingDisposal,
    uniformPendingDisposal,
  }
}

/** A buffer manager that creates every buffer on `device`, without reuse and without counts. */
export const unpooled = (device: GPUDevice, pool: WebGPUBackend['bufferManager']): WebGPUBackend['bufferManager'] =>
  ({
    acquireBuffer: (size: number, usage: number, mappedAtCreation = false) =>
      device.createBuffer({ size, usage, mappedAtCreation }),
    releaseBuffer: () => {},
    get numBytesUsed() {
      return (pool as unknown as BufferPool).numBytesUsed
    },
  }) as unknown as WebGPUBackend['bufferManager']

/** Disposes the tensors that tfjs saved for a backward pass that an exception has ended. */
export function dropTape(): void {
  const { state } = tf.engine() as unknown as { state: { activeTape?: { saved?: tf.Tensor[] }[] } }
  for (const { saved = [] } of state.activeTape ?? []) {
    for (const tensor of saved) if (tensor && !tensor.isDisposed) tensor.dispose()
  }
  state.activeTape = undefined
}
