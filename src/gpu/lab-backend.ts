/**
 * tfjs's WebGPU backend with the lab's compute programs, work counts and traces.
 *
 * Commands run in the order of recording. The buffer of a disposed tensor is therefore free for the next command
 * immediately, not only after a submit.
 */
import * as tf from '@tensorflow/tfjs'
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import type { KernelChoices } from './kernels/choose.ts'
import {
  clearPipelines,
  compiledPipeline,
  createPipelines,
  type ProgramPipeline,
  placeholderPipeline,
  runnablePipeline,
  uniformBuffer,
} from './pipelines.ts'
import type { DispatchArguments, Program } from './program.ts'
import {
  type BufferPool,
  contextOf,
  type DeviceContext,
  dropTape,
  type Internals,
  idle,
  unpooled,
} from './tfjs-internals.ts'

/** Replaces the device while a step is traced. */
export interface Tracer {
  readonly device: GPUDevice
  /** Called when the step uses a tensor from before the trace; the tensor is on the GPU. */
  readonly captured: (dataId: object) => void
  /** Throws: the step cannot be traced. */
  readonly refuse: (reason: string) => never
}

/** Counts of GPU work. */
export interface WorkCounts {
  readonly dispatches: number
  readonly submits: number
  /** Bytes of tensors and uniforms that came from JavaScript. */
  readonly uploadedBytes: number
  /** The most bytes of tensors that were in use at one time. */
  readonly peakBytes: number
}

/** After this many dispatches the queue is submitted, so that the GPU works while JavaScript records the rest. */
export const dispatchesPerSubmit = 64
/** Staging buffers for readbacks return to the pool up to this size, in bytes. */
const pooledStaging = 2 ** 20

export class LabBackend extends WebGPUBackend {
  private readonly pipelines: ReturnType<typeof createPipelines>
  private readonly work = { dispatches: 0, submits: 0, uploadedBytes: 0, peakBytes: 0 }
  private trace: (Tracer & { readonly made: Set<object>; readonly ours: DeviceContext }) | null = null

  constructor(
    /** The real device, also during a trace. */
    readonly real: GPUDevice,
    info: GPUAdapterInfo,
    /** Selects the variants of convolutions; an executor sets its own while it records. */
    public choices: KernelChoices,
  ) {
    super(real, info)
    this.pipelines = createPipelines(real)
    // tfjs caches the values of a readback, even when a program writes to the tensor afterwards.
    Object.assign(this, { convertAndCacheOnCPU: (_: object, values: tf.BackendValues) => values })
  }

  private get internals(): Internals {
    return this as unknown as Internals
  }

  private get pool(): BufferPool {
    return this.bufferManager as unknown as BufferPool
  }

  /** Records a dispatch. Inputs and outputs are tensors of this backend; an output may not also be an input. */
  dispatch(program: Program, { outputs, inputs, uniforms, workgroups }: DispatchArguments): void {
    const { pipeline, layout } = (this.trace ? placeholderPipeline : compiledPipeline)(this.pipelines, program)
    const tensors = [...outputs, ...inputs]
    const entries = tensors.map((tensor, binding) => ({ binding, resource: { buffer: this.bufferOf(tensor) } }))
    if (uniforms.length > 0) {
      const buffer = uniformBuffer(this.pipelines, program, uniforms, (bytes) => this.countUpload(bytes))
      entries.push({ binding: entries.length, resource: { buffer } })
    }
    const bindGroup = this.device.createBindGroup({ layout, entries })
    this.ensureCommandEncoderReady()
    const { internals } = this
    internals.computePassEncoder ??= (internals.commandEncoder as GPUCommandEncoder).beginComputePass()
    const pass = internals.computePassEncoder
    pass.setPipeline(pipeline)
    pass.setBindGroup(0, bindGroup)
    pass.dispatchWorkgroups(...(workgroups as [number, number, number]))
    this.countDispatch()
    if (++internals.dispatchCountInPass >= dispatchesPerSubmit) this.flush()
  }

  /** Submits the recorded commands. */
  flush(): void {
    if (!this.internals.commandEncoder) return
    this.endComputePassEncoder()
    this.submitQueue()
  }

  /** Destroys the buffers in the pool, so that the next tensors get new ones, which are zero. */
  forgetBuffers(): void {
    this.flush()
    for (const buffers of this.pool.freeBuffers.values()) {
      // Taken from the pool and released without reuse, so that the manager's sums stay right.
      for (const { size, usage } of [...buffers]) {
        this.bufferManager.releaseBuffer(this.bufferManager.acquireBuffer(size, usage), false)
      }
    }
  }

  /** Forgets pooled buffers, pipelines and uniforms: after an error some of them may be invalid. */
  forgetResources(): void {
    this.forgetBuffers()
    clearPipelines(this.pipelines)
  }

  /** The buffer of a tensor; uploads the tensor when it is not on the GPU yet. */
  bufferOf({ dataId }: tf.TensorInfo): GPUBuffer {
    this.uploadToGPU(dataId)
    return this.tensorMap.get(dataId).resource as GPUBuffer
  }

  /** The pipeline that a traced command runs; compiles the lab's programs on first use. */
  pipelineOf(traced: ProgramPipeline): ProgramPipeline {
    return runnablePipeline(this.pipelines, traced)
  }

  private countUpload(bytes: number): void {
    this.work.uploadedBytes += bytes
  }

  private countDispatch(): void {
    this.work.dispatches++
    this.work.peakBytes = Math.max(this.work.peakBytes, this.pool.numBytesUsed)
  }

  /** Counts the GPU work of `work`, by the lab's and tfjs's programs; compiled steps have their own counts. */
  counting<T>(work: () => T): { result: T; work: WorkCounts } {
    this.flush()
    const before = { ...this.work }
    this.work.peakBytes = 0
    const result = work()
    this.flush()
    const { dispatches, submits, uploadedBytes, peakBytes } = this.work
    return {
      result,
      work: {
        dispatches: dispatches - before.dispatches,
        submits: submits - before.submits,
        uploadedBytes: uploadedBytes - before.uploadedBytes,
        peakBytes,
      },
    }
  }

  /** Values in the order of the tensors, as they are after everything recorded so far; one transfer. */
  async download(tensors: readonly tf.TensorInfo[]): Promise<ArrayBuffer> {
    const buffers = tensors.map((tensor) => this.bufferOf(tensor))
    const sizes = tensors.map(({ shape }) => 4 * tf.util.sizeFromShape(shape))
    const total = sizes.reduce((a, b) => a + b, 0)
    const staging = this.bufferManager.acquireBuffer(total, GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ)
    this.ensureCommandEncoderReady()
    this.endComputePassEncoder()
    let at = 0
    for (const [i, buffer] of buffers.entries()) {
      this.internals.commandEncoder?.copyBufferToBuffer(buffer, 0, staging, at, sizes[i])
      at += sizes[i]
    }
    this.submitQueue()
    try {
      await staging.mapAsync(GPUMapMode.READ)
      const values = staging.getMappedRange().slice(0)
      staging.unmap()
      return values
    } finally {
      this.bufferManager.releaseBuffer(staging, total <= pooledStaging)
    }
  }

  /** Whether the data belong to this backend. */
  holds(dataId: object): boolean {
    return this.tensorMap.has(dataId)
  }

  /** Releases a reference that `incRef` took. */
  release(dataId: object): void {
    if (this.disposeData(dataId)) tf.engine().removeDataId(dataId, this)
  }

  /**
   * Runs `work` with the tracer's device in place of the real one. Tensors from before stay on the real device; those that
   * `work` makes belong to the tracer's device and are disposed at the end.
   */
  tracing<T>(tracer: Tracer, work: () => T): T {
    this.flush()
    const { device } = tracer
    const ours = contextOf(this.internals)
    const made = new Set<object>()
    this.trace = { ...tracer, made, ours }
    this.enter({ device, queue: device.queue, bufferManager: unpooled(device, ours.bufferManager), ...idle() })
    try {
      const result = work()
      if (this.disposeLeftovers(made) > 0) tracer.refuse('it keeps tensors beyond its end')
      return result
    } catch (error) {
      dropTape()
      throw error
    } finally {
      try {
        this.disposeLeftovers(made)
      } finally {
        this.trace = null
        this.enter({ ...ours, ...idle() })
      }
    }
  }

  /** Disposes the tensors of a trace that still exist; returns their number. */
  private disposeLeftovers(made: Set<object>): number {
    this.flush()
    const left = [...made].filter((dataId) => this.tensorMap.has(dataId))
    for (const dataId of left) {
      this.disposeData(dataId, true)
      tf.engine().removeDataId(dataId, this)
    }
    return left.length
  }

  private enter(context: DeviceContext): void {
    Object.assign(this, context)
  }

  override write(values: tf.BackendValues, shape: number[], dtype: tf.DataType): object {
    const dataId = super.write(values, shape, dtype)
    this.trace?.made.add(dataId)
    return dataId
  }

  override uploadToGPU(dataId: object): void {
    const { trace } = this
    if (trace && !trace.made.has(dataId)) {
      const traced = contextOf(this.internals)
      this.enter({ ...trace.ours, ...idle() })
      try {
        super.uploadToGPU(dataId)
        this.flush()
      } finally {
        this.enter(traced)
      }
      trace.captured(dataId)
      return
    }
    const { resource, values } = this.tensorMap.get(dataId)
    if (!resource && values) this.countUpload(4 * values.length)
    super.uploadToGPU(dataId)
  }

  override readSync(dataId: object): tf.BackendValues {
    this.refuseReading(dataId)
    return super.readSync(dataId)
  }

  override read(dataId: object): Promise<tf.BackendValues> {
    this.refuseReading(dataId)
    return super.read(dataId)
  }

  /** During a trace JavaScript computes with constants only: other values may differ from step to step. */
  override shouldExecuteOnCPU(inputs: tf.TensorInfo[], sizeThreshold?: number): boolean {
    const { trace } = this
    if (trace && !inputs.every(({ dataId }) => trace.made.has(dataId))) return false
    return super.shouldExecuteOnCPU(inputs, sizeThreshold)
  }

  /** A trace may read constants that never were on the GPU; all other values may differ from step to step. */
  private refuseReading(dataId: object): void {
    if (this.trace && this.tensorMap.get(dataId).resource) this.trace.refuse('it reads values back from the GPU')
  }

  override submitQueue(): void {
    if (!this.trace) this.work.submits++
    super.submitQueue()
  }

  override runWebGPUProgram(...args: Parameters<WebGPUBackend['runWebGPUProgram']>): tf.TensorInfo {
    const result = super.runWebGPUProgram(...args)
    this.countDispatch()
    return result
  }

  override disposeData(dataId: object, force = false): boolean {
    const last = this.tensorMap.has(dataId) && (force || this.refCount(dataId) <= 1)
    if (last && this.trace && !this.trace.made.has(dataId)) {
      this.trace.refuse('it disposes a tensor from outside of the step')
    }
    if (last) this.internals.commandQueueOwnedIds.delete(dataId)
    return super.disposeData(dataId, force)
  }
}

/** A tensor for a program to write, tracked by tfjs's scopes. */
export const emptyTensor = (backend: LabBackend, shape: number[], dtype: 'float32' | 'int32' = 'float32'): tf.Tensor =>
  tf.engine().makeTensorFromTensorInfo(backend.makeTensorInfo(shape, dtype), backend)

/** The current backend, if it is a `LabBackend`. */
export function labBackend(): LabBackend | null {
  const backend = tf.backend()
  return backend instanceof LabBackend ? backend : null
}
