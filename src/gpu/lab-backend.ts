/**
 * tfjs's WebGPU backend with traces, the lab's compute programs and counts of GPU work.
 *
 * Commands run in the order of recording. The buffer of a disposed tensor is therefore free for the next command
 * immediately, not only after a submit.
 */
import * as tf from '@tensorflow/tfjs'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { halfKey, halved } from './half.ts'
import type { KernelChoices } from './kernels/choose.ts'
import { createPace, type Pace } from './pace.ts'
import {
  clearPipelines,
  compiledPipeline,
  compileInBackground,
  createPipelines,
  type ExtendedPipeline,
  extendedPipeline,
  missingPrograms,
  momentsPipeline,
  type ProgramPipeline,
  placeholderPipeline,
  runnablePipeline,
  uniformBuffer,
} from './pipelines.ts'
import type { DispatchArguments, Exponents, Program } from './program.ts'
import type { BufferPool } from './tfjs-internals.ts'
import { TracingBackend } from './tracing-backend.ts'

/** Counts of GPU work. */
export interface WorkCounts {
  readonly dispatches: number
  readonly submits: number
  /** Bytes of tensors and uniforms that came from JavaScript. */
  readonly uploadedBytes: number
  /** The most bytes of tensors that were in use at one time. */
  readonly peakBytes: number
  /** How long the work takes at the rates that `Pace` assumes. */
  readonly assumedMilliseconds: number
}

/** The counts of nothing. */
export const noWork: WorkCounts = { dispatches: 0, submits: 0, uploadedBytes: 0, peakBytes: 0, assumedMilliseconds: 0 }

/** After this many dispatches the queue is submitted, so that the GPU works while JavaScript records the rest. */
export const dispatchesPerSubmit = 64
/** Staging buffers for readbacks return to the pool up to this size, in bytes. */
const pooledStaging = 2 ** 20

export class LabBackend extends TracingBackend {
  private readonly pipelines: ReturnType<typeof createPipelines>
  private readonly work = { ...noWork }
  /** Divides work into submits, of compiled steps, too. */
  readonly pace: Pace
  /** Assumed milliseconds of the dispatches that are not submitted yet. */
  private waiting = 0
  /** Whether recorded work is submitted only by `flush`. */
  private undivided = false
  /** Where programs go instead of being dispatched; null otherwise. */
  private listed: Program[] | null = null

  constructor(
    /** The real device, also during a trace. */
    readonly real: GPUDevice,
    info: GPUAdapterInfo,
    /** Selects the variants of convolutions; an executor sets its own while it records. */
    public choices: KernelChoices,
  ) {
    super(real, info)
    this.pipelines = createPipelines(real)
    this.pace = createPace(choices.adapter.software)
    // tfjs caches the values of a readback, even when a program writes to the tensor afterwards.
    Object.assign(this, { convertAndCacheOnCPU: (_: object, values: tf.BackendValues) => values })
  }

  private get pool(): BufferPool {
    return this.bufferManager as unknown as BufferPool
  }

  /** Records a dispatch. Inputs and outputs are tensors of this backend; an output may not also be an input. */
  dispatch(program: Program, { outputs, inputs, uniforms, workgroups, flops = 0, columns }: DispatchArguments): void {
    if (this.listed) return void this.listed.push(program)
    const { pipeline, layout } = (this.trace ? placeholderPipeline : compiledPipeline)(this.pipelines, program)
    const tensors = [...outputs, ...inputs]
    this.begin(flops, tensors, columns)
    const entries = tensors.map((tensor, binding) => ({ binding, resource: { buffer: this.bufferOf(tensor) } }))
    if (Object.keys(program.uniforms).length > 0) {
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
    if (++internals.dispatchCountInPass >= dispatchesPerSubmit && !this.undivided) this.flush()
  }

  /** The encoder of the recorded commands, outside of a pass. */
  encoder(): GPUCommandEncoder {
    this.ensureCommandEncoderReady()
    this.endComputePassEncoder()
    return this.internals.commandEncoder as GPUCommandEncoder
  }

  /** Records `work` for one submit, however long it takes. */
  inOneSubmit(work: () => void): void {
    this.flush()
    this.undivided = true
    try {
      work()
    } finally {
      this.undivided = false
    }
    this.flush()
  }

  /** Fills the storage buffers in the pool with zeros, as new ones are. */
  clearBuffers(): void {
    const needed = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST
    const free = [...this.pool.freeBuffers.values()].flat().filter(({ usage }) => (usage & needed) === needed)
    for (const buffer of free) this.encoder().clearBuffer(buffer)
    // What JavaScript writes to one of these buffers from now on must come after the zeros.
    this.flush()
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

  /** Forgets pooled buffers, uniforms and pipelines that are not proven: after an error some of them may be invalid. */
  forgetResources(): void {
    this.forgetBuffers()
    clearPipelines(this.pipelines)
  }

  /** The pipeline that a traced command runs; compiles the lab's programs on first use. */
  pipelineOf(traced: ProgramPipeline): ProgramPipeline {
    return runnablePipeline(this.pipelines, traced)
  }

  /** The lab's program that a traced command runs; undefined for one of tfjs. */
  programOf({ pipeline }: ProgramPipeline): Program | undefined {
    return this.pipelines.programs.get(pipeline)
  }

  /** A placeholder for a traced command's program with some of its buffers in f16. */
  halvedPipeline(traced: ProgramPipeline, exponents: Exponents): ProgramPipeline {
    const program = this.programOf(traced)
    if (!program) return traced
    const known = this.pipelines.placeholders.get(halfKey(program, exponents))
    return known ?? placeholderPipeline(this.pipelines, halved(program, exponents))
  }

  /** The program that adds a buffer to the result of a traced command's. Throws Error where there is none. */
  extendedPipelineOf(traced: ProgramPipeline): ExtendedPipeline {
    return extendedPipeline(this.pipelines, traced)
  }

  /** The program that also writes the moments of the result of a traced command's. Throws Error where there is none. */
  momentsPipelineOf(traced: ProgramPipeline): ProgramPipeline {
    return momentsPipeline(this.pipelines, traced)
  }

  /** The programs of traced commands that are not compiled yet. */
  missingPrograms(traced: Iterable<ProgramPipeline>): Program[] {
    return missingPrograms(this.pipelines, traced)
  }

  /** The lab's programs that `work` would dispatch; it dispatches none. */
  programsOf(work: () => void): Program[] {
    const listed: Program[] = []
    this.listed = listed
    try {
      work()
    } finally {
      this.listed = null
    }
    return listed
  }

  isCompiled({ key }: Program): boolean {
    return this.pipelines.compiled.has(key)
  }

  /** Compiles a program without blocking the thread. Rejects with GPUPipelineError; the device gets no failure. */
  compileInBackground(program: Program): Promise<void> {
    return compileInBackground(this.pipelines, program)
  }

  private countUpload(bytes: number): void {
    this.work.uploadedBytes += bytes
  }

  /** Notes the work of the next dispatch. Submits what was recorded before where both together take too long. */
  private begin(flops: number, tensors: readonly Pick<tf.TensorInfo, 'shape'>[], columns: number | null = null): void {
    if (this.trace) {
      this.trace.computes({ flops, columns })
      return
    }
    const bytes = tensors.reduce((sum, { shape }) => sum + 4 * tf.util.sizeFromShape(shape), 0)
    const milliseconds = this.pace.assumed({ flops, bytes })
    const full = this.waiting > 0 && this.waiting + milliseconds > this.pace.perSubmit()
    if (full && !this.undivided) this.flush()
    this.waiting += milliseconds
    this.work.assumedMilliseconds += milliseconds
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
    const { dispatches, submits, uploadedBytes, peakBytes, assumedMilliseconds } = this.work
    return {
      result,
      work: {
        dispatches: dispatches - before.dispatches,
        submits: submits - before.submits,
        uploadedBytes: uploadedBytes - before.uploadedBytes,
        peakBytes,
        assumedMilliseconds: assumedMilliseconds - before.assumedMilliseconds,
      },
    }
  }

  /** Values in the order of the tensors, as they are after everything recorded so far; one transfer. */
  async download(tensors: readonly tf.TensorInfo[]): Promise<ArrayBuffer> {
    const buffers = tensors.map((tensor) => this.bufferOf(tensor))
    const sizes = tensors.map(({ shape }) => 4 * tf.util.sizeFromShape(shape))
    const total = sizes.reduce((a, b) => a + b, 0)
    const staging = this.bufferManager.acquireBuffer(total, GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ)
    const encoder = this.encoder()
    let at = 0
    for (const [i, buffer] of buffers.entries()) {
      encoder.copyBufferToBuffer(buffer, 0, staging, at, sizes[i])
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

  override uploadToGPU(dataId: object): void {
    const { resource, values } = this.tensorMap.get(dataId)
    if (!resource && values && !this.isOutside(dataId)) this.countUpload(4 * values.length)
    super.uploadToGPU(dataId)
  }

  override submitQueue(): void {
    if (!this.trace) {
      this.work.submits++
      this.waiting = 0
    }
    super.submitQueue()
  }

  override runWebGPUProgram(...args: Parameters<WebGPUBackend['runWebGPUProgram']>): tf.TensorInfo {
    const [program, inputs] = args
    this.begin(0, [...inputs, { shape: program.outputShape }])
    const result = super.runWebGPUProgram(...args)
    this.countDispatch()
    return result
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
