/**
 * tfjs's WebGPU backend with our programs: the one file that knows its insides.
 *
 * Uniform buffers are kept by content, so that a step uploads none. Commands run in the order in which they are
 * recorded; a buffer whose tensor is disposed is therefore free for the next command at once, not only after a submit.
 */
import * as tf from '@tensorflow/tfjs'
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { noteWritten } from './bindings.ts'
import type { KernelChoices } from './kernels/choose.ts'
import { type Dispatch, type Program, wgslOf } from './program.ts'

/** Stands in for the device while a step is traced. */
export interface Tracer {
  readonly device: GPUDevice
  /** A tensor from before the trace is used; it is on the GPU. */
  readonly captured: (dataId: object) => void
  /** Throws: what the step does cannot be traced. */
  readonly refuse: (reason: string) => never
}

/** What has been asked of the GPU. */
export interface Work {
  readonly dispatches: number
  readonly submits: number
  /** Bytes of tensors and uniforms that came from JavaScript. */
  readonly uploadedBytes: number
  /** The most bytes of tensors that were in use at one time. */
  readonly peakBytes: number
}

/** What tfjs keeps private of its buffers. */
interface Buffers {
  readonly numBytesUsed: number
}

/** What tfjs keeps private. */
interface Internals {
  device: GPUDevice
  queue: GPUQueue
  bufferManager: WebGPUBackend['bufferManager']
  commandEncoder: GPUCommandEncoder | null
  computePassEncoder: GPUComputePassEncoder | null
  commandQueueOwnedIds: WeakSet<object>
  dispatchCountInPass: number
  /** What is given back with the next submit. */
  tensorDataPendingDisposal: object[]
  stagingPendingDisposal: GPUBuffer[]
  uniformPendingDisposal: GPUBuffer[]
}

/** What changes hands when another device takes the place of ours. */
type Context = Pick<
  Internals,
  | 'device'
  | 'queue'
  | 'bufferManager'
  | 'commandEncoder'
  | 'computePassEncoder'
  | 'dispatchCountInPass'
  | 'tensorDataPendingDisposal'
  | 'stagingPendingDisposal'
  | 'uniformPendingDisposal'
>

/** A pipeline with the layout of its bind group. */
export interface Compiled {
  readonly pipeline: GPUComputePipeline
  readonly layout: GPUBindGroupLayout
}

/** After this many dispatches the queue is submitted, so that the GPU works while the rest is recorded. */
export const dispatchesPerSubmit = 64
/** Buffers for reading back are kept for the next time up to this size. */
const keptStaging = 2 ** 20
/** Nothing recorded and nothing to give back: how a device is left with a submit. */
const idle = () => ({
  commandEncoder: null,
  computePassEncoder: null,
  dispatchCountInPass: 0,
  tensorDataPendingDisposal: [],
  stagingPendingDisposal: [],
  uniformPendingDisposal: [],
})
/** Uniform buffers that are kept; shapes are few. */
const uniformsKept = 4096

/** Gives back what tfjs saved for a backward pass that an exception has ended. */
function dropTape(): void {
  const { state } = tf.engine() as unknown as { state: { activeTape?: { saved?: tf.Tensor[] }[] } }
  for (const { saved = [] } of state.activeTape ?? []) {
    for (const tensor of saved) if (tensor && !tensor.isDisposed) tensor.dispose()
  }
  state.activeTape = undefined
}

/** tfjs's backend with our programs and earlier release. */
export class LabBackend extends WebGPUBackend {
  private readonly compiled = new Map<string, Compiled>()
  /** What stands for our programs in traces, and the programs. */
  private readonly stands = new Map<string, Compiled>()
  private readonly stoodFor = new WeakMap<GPUComputePipeline, Program>()
  private readonly uniformBuffers = new Map<string, GPUBuffer>()
  private readonly work = { dispatches: 0, submits: 0, uploadedBytes: 0, peakBytes: 0 }
  private trace: (Tracer & { readonly made: Set<object>; readonly ours: Context }) | null = null

  constructor(
    /** The device itself, also while something else stands in for it. */
    readonly real: GPUDevice,
    info: GPUAdapterInfo,
    /** Selects the variants of convolutions; an executor sets its own while it records. */
    public choices: KernelChoices,
  ) {
    super(real, info)
    // tfjs keeps what it has read, also when the tensor has been written in place since.
    Object.assign(this, { convertAndCacheOnCPU: (_: object, values: tf.BackendValues) => values })
  }

  private get internals(): Internals {
    return this as unknown as Internals
  }

  /** Records a dispatch. Inputs and outputs are tensors of this backend; an output may not be an input too. */
  dispatch(program: Program, { outputs, inputs, uniforms, workgroups }: Dispatch): void {
    const { pipeline, layout } = this.trace ? this.standFor(program) : this.compile(program)
    const tensors = [...outputs, ...inputs]
    const entries = tensors.map((tensor, binding) => ({ binding, resource: { buffer: this.bufferOf(tensor) } }))
    if (uniforms.length > 0) {
      entries.push({ binding: entries.length, resource: { buffer: this.uniformBuffer(program, uniforms) } })
    }
    const bindGroup = this.device.createBindGroup({ layout, entries })
    this.ensureCommandEncoderReady()
    const { internals } = this
    internals.computePassEncoder ??= (internals.commandEncoder as GPUCommandEncoder).beginComputePass()
    const pass = internals.computePassEncoder
    pass.setPipeline(pipeline)
    pass.setBindGroup(0, bindGroup)
    pass.dispatchWorkgroups(...(workgroups as [number, number, number]))
    this.counted()
    if (++internals.dispatchCountInPass >= dispatchesPerSubmit) {
      this.endComputePassEncoder()
      this.submitQueue()
    }
  }

  /** Submits what has been recorded. */
  flush(): void {
    if (!this.internals.commandEncoder) return
    this.endComputePassEncoder()
    this.submitQueue()
  }

  /** The buffer of a tensor, on the GPU from now on. */
  bufferOf({ dataId }: tf.TensorInfo): GPUBuffer {
    this.uploadToGPU(dataId)
    return this.tensorMap.get(dataId).resource as GPUBuffer
  }

  /** The pipeline that a traced command runs; our own are compiled only now. */
  compiledOf(traced: Compiled): Compiled {
    const program = this.stoodFor.get(traced.pipeline)
    return program ? this.compile(program) : traced
  }

  /** A trace needs to know what a program writes, not its machine code. */
  private standFor(program: Program): Compiled {
    const known = this.stands.get(program.key)
    if (known) return known
    const stand = { pipeline: { label: program.key } as GPUComputePipeline, layout: {} as GPUBindGroupLayout }
    noteWritten(stand.pipeline, new Set(Object.keys(program.outputs).keys()))
    this.stoodFor.set(stand.pipeline, program)
    this.stands.set(program.key, stand)
    return stand
  }

  private compile(program: Program): Compiled {
    const known = this.compiled.get(program.key)
    if (known) return known
    const module = this.real.createShaderModule({ label: program.key, code: wgslOf(program) })
    const pipeline = this.real.createComputePipeline({ label: program.key, layout: 'auto', compute: { module } })
    const made = { pipeline, layout: pipeline.getBindGroupLayout(0) }
    this.compiled.set(program.key, made)
    return made
  }

  private uniformBuffer({ uniforms }: Program, values: readonly number[]): GPUBuffer {
    const types = Object.values(uniforms)
    const key = `${types.join()}:${values.join()}`
    const known = this.uniformBuffers.get(key)
    if (known) return known
    const data = new DataView(new ArrayBuffer(Math.max(16, 4 * values.length)))
    for (const [i, value] of values.entries()) {
      if (types[i] === 'f32') data.setFloat32(4 * i, value, true)
      else if (types[i] === 'i32') data.setInt32(4 * i, value, true)
      else data.setUint32(4 * i, value, true)
    }
    const buffer = this.real.createBuffer({
      size: data.byteLength,
      usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    })
    this.real.queue.writeBuffer(buffer, 0, data.buffer)
    this.work.uploadedBytes += data.byteLength
    // Dropped, not destroyed: recorded commands may still use them.
    if (this.uniformBuffers.size >= uniformsKept) this.uniformBuffers.clear()
    this.uniformBuffers.set(key, buffer)
    return buffer
  }

  private counted(): void {
    const { numBytesUsed } = this.bufferManager as unknown as Buffers
    this.work.dispatches++
    this.work.peakBytes = Math.max(this.work.peakBytes, numBytesUsed)
  }

  /** What `work` asks of the GPU, by our programs and tfjs's; compiled steps count for themselves. */
  counting<T>(work: () => T): { result: T; work: Work } {
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
      this.bufferManager.releaseBuffer(staging, total <= keptStaging)
    }
  }

  /** Whether data lie here rather than with another backend. */
  holds(dataId: object): boolean {
    return this.tensorMap.has(dataId)
  }

  /** Gives a reference back that `incRef` took. */
  release(dataId: object): void {
    if (this.disposeData(dataId)) tf.engine().removeDataId(dataId, this)
  }

  /**
   * Runs `work` with another device in the place of ours. Tensors that were there before stay where they are; those
   * that are made are the other device's, and must be gone when the work is done.
   */
  tracing<T>(tracer: Tracer, work: () => T): T {
    this.flush()
    const { device } = tracer
    const ours = this.context()
    const bufferManager = {
      acquireBuffer: (size: number, usage: number, mappedAtCreation = false) =>
        device.createBuffer({ size, usage, mappedAtCreation }),
      releaseBuffer: () => {},
      get numBytesUsed() {
        return (ours.bufferManager as unknown as Buffers).numBytesUsed
      },
    } as unknown as WebGPUBackend['bufferManager']
    const made = new Set<object>()
    this.trace = { ...tracer, made, ours }
    this.enter({ device, queue: device.queue, bufferManager, ...idle() })
    try {
      const result = work()
      if (this.leftOver(made) > 0) tracer.refuse('it keeps tensors beyond its end')
      return result
    } catch (error) {
      dropTape()
      throw error
    } finally {
      try {
        this.leftOver(made)
      } finally {
        this.trace = null
        this.enter({ ...ours, ...idle() })
      }
    }
  }

  /** Disposes what a trace has left behind; says how much there was. */
  private leftOver(made: Set<object>): number {
    this.flush()
    const left = [...made].filter((dataId) => this.tensorMap.has(dataId))
    for (const dataId of left) {
      this.disposeData(dataId, true)
      tf.engine().removeDataId(dataId, this)
    }
    return left.length
  }

  private context(): Context {
    const { device, queue, bufferManager, commandEncoder, computePassEncoder, dispatchCountInPass } = this.internals
    const { tensorDataPendingDisposal, stagingPendingDisposal, uniformPendingDisposal } = this.internals
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

  private enter(context: Context): void {
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
      const traced = this.context()
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
    if (!resource && values) this.work.uploadedBytes += 4 * values.length
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

  /** In a trace only constants are computed at once: other values may differ from step to step. */
  override shouldExecuteOnCPU(inputs: tf.TensorInfo[], sizeThreshold?: number): boolean {
    const { trace } = this
    if (trace && !inputs.every(({ dataId }) => trace.made.has(dataId))) return false
    return super.shouldExecuteOnCPU(inputs, sizeThreshold)
  }

  /** Constants that never were on the GPU may be read; everything else differs from step to step. */
  private refuseReading(dataId: object): void {
    if (this.trace && this.tensorMap.get(dataId).resource) this.trace.refuse('it reads values back from the GPU')
  }

  override submitQueue(): void {
    if (!this.trace) this.work.submits++
    super.submitQueue()
  }

  override runWebGPUProgram(...args: Parameters<WebGPUBackend['runWebGPUProgram']>): tf.TensorInfo {
    const result = super.runWebGPUProgram(...args)
    this.counted()
    return result
  }

  override disposeData(dataId: object, force = false): boolean {
    const last = this.tensorMap.has(dataId) && (force || this.refCount(dataId) <= 1)
    if (last && this.trace && !this.trace.made.has(dataId)) {
      this.trace.refuse('it disposes a tensor from outside of the step')
    }
    if (last) {
      this.internals.commandQueueOwnedIds.delete(dataId)
    }
    return super.disposeData(dataId, force)
  }
}

/** Tensors to be written by a program, tracked by tfjs's scopes. */
export const emptyTensor = (backend: LabBackend, shape: number[], dtype: 'float32' | 'int32' = 'float32'): tf.Tensor =>
  tf.engine().makeTensorFromTensorInfo(backend.makeTensorInfo(shape, dtype), backend)

/** The backend in use, when it runs our programs. */
export function labBackend(): LabBackend | null {
  const backend = tf.backend()
  return backend instanceof LabBackend ? backend : null
}
