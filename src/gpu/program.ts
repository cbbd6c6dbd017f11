/**
 * Our own compute programs among tfjs's: the one file that knows the insides of its WebGPU backend.
 *
 * A program is a whole WGSL module with several outputs where it needs them. Its sizes travel in uniforms whose
 * buffers are kept by content, so that a step uploads none. Commands run in the order in which they are recorded;
 * a buffer whose tensor is disposed is therefore free for the next command at once, not only after a submit.
 */
import * as tf from '@tensorflow/tfjs'
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'

type ScalarType = 'f32' | 'u32' | 'i32'
/** What an element of a bound buffer is. */
export type ElementType = ScalarType | 'vec4f'

/** A compute program. Two programs with one key are the same program. */
export interface Program {
  readonly key: string
  /** Buffers that are written (and may be read), in the order of the bindings. */
  readonly outputs: Readonly<Record<string, ElementType>>
  /** Buffers that are read. */
  readonly inputs: Readonly<Record<string, ElementType>>
  /** Scalars, in the order of the values that a dispatch gives; `u.NAME` in the code. */
  readonly uniforms: Readonly<Record<string, ScalarType>>
  /** The code after the declarations, with an entry point `main`. */
  readonly code: string
  /** WGSL extensions that the code needs. */
  readonly enable?: readonly string[]
}

export interface Dispatch {
  readonly outputs: readonly tf.TensorInfo[]
  readonly inputs: readonly tf.TensorInfo[]
  readonly uniforms: readonly number[]
  readonly workgroups: readonly [number, number?, number?]
}

/** What tfjs keeps private. */
interface Internals {
  commandEncoder: GPUCommandEncoder | null
  computePassEncoder: GPUComputePassEncoder | null
  commandQueueOwnedIds: WeakSet<object>
  dispatchCountInPass: number
}

interface Compiled {
  readonly pipeline: GPUComputePipeline
  readonly layout: GPUBindGroupLayout
}

/** After this many dispatches the queue is submitted, so that the GPU works while the rest is recorded. */
export const dispatchesPerSubmit = 64
/** Uniform buffers that are kept; shapes are few. */
const uniformsKept = 4096

function wgslOf({ enable = [], outputs, inputs, uniforms, code }: Program): string {
  const declarations: string[] = enable.map((name) => `enable ${name};`)
  let binding = 0
  for (const [access, buffers] of [
    ['read_write', outputs],
    ['read', inputs],
  ] as const) {
    for (const [name, type] of Object.entries(buffers)) {
      declarations.push(`@group(0) @binding(${binding++}) var<storage, ${access}> ${name} : array<${type}>;`)
    }
  }
  const members = Object.entries(uniforms).map(([name, type]) => `${name} : ${type},`)
  if (members.length > 0) {
    declarations.push(`struct Uniforms { ${members.join(' ')} }`)
    declarations.push(`@group(0) @binding(${binding}) var<uniform> u : Uniforms;`)
  }
  return `${declarations.join('\n')}\n${code}`
}

/** tfjs's backend with our programs and earlier release. */
export class LabBackend extends WebGPUBackend {
  private readonly compiled = new Map<string, Compiled>()
  private readonly uniformBuffers = new Map<string, GPUBuffer>()

  private get internals(): Internals {
    return this as unknown as Internals
  }

  /** Records a dispatch. Inputs and outputs are tensors of this backend; an output may not be an input too. */
  dispatch(program: Program, { outputs, inputs, uniforms, workgroups }: Dispatch): void {
    const { pipeline, layout } = this.compile(program)
    const tensors = [...outputs, ...inputs]
    const entries = tensors.map((tensor, binding) => ({ binding, resource: { buffer: this.bufferOf(tensor) } }))
    // Values that were read back earlier are no longer those on the GPU.
    for (const { dataId } of outputs) this.tensorMap.get(dataId).values = null as unknown as tf.BackendValues
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

  private compile(program: Program): Compiled {
    const known = this.compiled.get(program.key)
    if (known) return known
    const module = this.device.createShaderModule({ label: program.key, code: wgslOf(program) })
    const pipeline = this.device.createComputePipeline({ label: program.key, layout: 'auto', compute: { module } })
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
    const buffer = this.device.createBuffer({
      size: data.byteLength,
      usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    })
    this.device.queue.writeBuffer(buffer, 0, data.buffer)
    // Dropped, not destroyed: recorded commands may still use them.
    if (this.uniformBuffers.size >= uniformsKept) this.uniformBuffers.clear()
    this.uniformBuffers.set(key, buffer)
    return buffer
  }

  override disposeData(dataId: object, force = false): boolean {
    if (this.tensorMap.has(dataId) && (force || this.refCount(dataId) <= 1)) {
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
