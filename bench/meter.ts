/**
 * Counts a peer's GPU work at WebGPU's interface, which every peer uses: buffers created and destroyed, and dispatches.
 * Import this module before any code opens a device.
 */

export interface Meter {
  /** Bytes of the existing buffers, and the most that existed at one time. */
  bytes: number
  peakBytes: number
  dispatches: number
  submits: number
  /** Compute pipelines made, and the bytes of the WGSL of shader modules. */
  pipelines: number
  wgslBytes: number
  /** Bytes that JavaScript wrote to buffers, mapped ones included. */
  uploadedBytes: number
}

const meters = new Map<string, Meter>()
const empty = (): Meter => ({
  bytes: 0,
  peakBytes: 0,
  dispatches: 0,
  submits: 0,
  pipelines: 0,
  wgslBytes: 0,
  uploadedBytes: 0,
})

let active = empty()

/** Assigns all later counts to a peer. A buffer stays with the peer that created it. */
export function meterOf(name: string): Meter {
  const known = meters.get(name) ?? empty()
  meters.set(name, known)
  active = known
  return known
}

const owners = new WeakMap<GPUBuffer, { meter: Meter; size: number }>()

/** Installs the counters; `globals` holds WebGPU's classes. */
export function countGpuWork(globals: typeof globalThis): void {
  const { createBuffer } = globals.GPUDevice.prototype
  globals.GPUDevice.prototype.createBuffer = function (this: GPUDevice, descriptor) {
    const buffer = createBuffer.call(this, descriptor)
    active.bytes += descriptor.size
    if (descriptor.mappedAtCreation) active.uploadedBytes += descriptor.size
    active.peakBytes = Math.max(active.peakBytes, active.bytes)
    owners.set(buffer, { meter: active, size: descriptor.size })
    return buffer
  }
  const { destroy } = globals.GPUBuffer.prototype
  globals.GPUBuffer.prototype.destroy = function (this: GPUBuffer) {
    const owner = owners.get(this)
    if (owner) owner.meter.bytes -= owner.size
    owners.delete(this)
    return destroy.call(this)
  }
  const { createShaderModule, createComputePipeline, createComputePipelineAsync } = globals.GPUDevice.prototype
  globals.GPUDevice.prototype.createShaderModule = function (this: GPUDevice, descriptor) {
    active.wgslBytes += new TextEncoder().encode(descriptor.code).length
    return createShaderModule.call(this, descriptor)
  }
  globals.GPUDevice.prototype.createComputePipeline = function (this: GPUDevice, descriptor) {
    active.pipelines++
    return createComputePipeline.call(this, descriptor)
  }
  globals.GPUDevice.prototype.createComputePipelineAsync = function (this: GPUDevice, descriptor) {
    active.pipelines++
    return createComputePipelineAsync.call(this, descriptor)
  }
  const { dispatchWorkgroups } = globals.GPUComputePassEncoder.prototype
  globals.GPUComputePassEncoder.prototype.dispatchWorkgroups = function (this: GPUComputePassEncoder, ...counts) {
    active.dispatches++
    return dispatchWorkgroups.apply(this, counts)
  }
  const { submit } = globals.GPUQueue.prototype
  globals.GPUQueue.prototype.submit = function (this: GPUQueue, buffers) {
    active.submits++
    return submit.call(this, buffers)
  }
  const { writeBuffer } = globals.GPUQueue.prototype
  globals.GPUQueue.prototype.writeBuffer = function (this: GPUQueue, ...args: Parameters<GPUQueue['writeBuffer']>) {
    const [, , data, , size] = args
    active.uploadedBytes += size ?? data.byteLength
    return writeBuffer.apply(this, args)
  } as GPUQueue['writeBuffer']
}
