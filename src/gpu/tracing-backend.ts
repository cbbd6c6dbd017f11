/** tfjs's WebGPU backend with traces: another device replaces the real one for as long as a step is traced. */
import * as tf from '@tensorflow/tfjs'
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { contextOf, type DeviceContext, dropTape, type Internals, idle, unpooled } from './tfjs-internals.ts'

/** What the device does not see of a dispatch. */
export interface DispatchFacts {
  /** Floating point operations; 0 where they are few beside the bytes. */
  readonly flops: number
  /** Columns of the matrix that it computes, or whose moments it computes; null for other programs. */
  readonly columns: number | null
}

/** Replaces the device while a step is traced. */
export interface Tracer {
  readonly device: GPUDevice
  /** Called when the step uses a tensor from before the trace; the tensor is on the GPU. */
  readonly captured: (dataId: object) => void
  /** Called before a dispatch with what is known of it. */
  readonly computes: (facts: DispatchFacts) => void
  /** Throws: the step cannot be traced. */
  readonly refuse: (reason: string) => never
}

interface Trace extends Tracer {
  /** Tensors that the step has made. */
  readonly made: Set<object>
  readonly ours: DeviceContext
}

export class TracingBackend extends WebGPUBackend {
  protected trace: Trace | null = null

  protected get internals(): Internals {
    return this as unknown as Internals
  }

  /** During a trace: whether the data existed before it. */
  protected isOutside(dataId: object): boolean {
    return this.trace !== null && !this.trace.made.has(dataId)
  }

  /** Submits the recorded commands. */
  flush(): void {
    if (!this.internals.commandEncoder) return
    this.endComputePassEncoder()
    this.submitQueue()
  }

  /** The buffer of a tensor; uploads the tensor when it is not on the GPU yet. */
  bufferOf({ dataId }: tf.TensorInfo): GPUBuffer {
    this.uploadToGPU(dataId)
    return this.tensorMap.get(dataId).resource as GPUBuffer
  }

  /**
   * Runs `work` with the tracer's device in place of the real one. Existing tensors stay on the real device; those that
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
    if (trace && this.isOutside(dataId)) {
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

  override disposeData(dataId: object, force = false): boolean {
    const last = this.tensorMap.has(dataId) && (force || this.refCount(dataId) <= 1)
    if (last && this.isOutside(dataId)) this.trace?.refuse('it disposes a tensor from outside of the step')
    if (last) this.internals.commandQueueOwnedIds.delete(dataId)
    return super.disposeData(dataId, force)
  }
}
