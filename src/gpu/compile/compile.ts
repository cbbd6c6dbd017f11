/**
 * A tfjs step as a fixed list of GPU commands over a planned set of buffers: traced once, replayed as often as wanted.
 * A replay uploads the declared inputs, encodes the list and submits it; tfjs has no part in it.
 */
import * as tf from '@tensorflow/tfjs'
import { messageOf } from '../../message.ts'
import { type LabBackend, labBackend } from '../lab-backend.ts'
import { type Access, type Item, type Plan, plan } from './plan.ts'
import { type Command, CompileRefusal, type RecordedBuffer } from './record.ts'
import { createTimes } from './times.ts'
import { type Step, type Tensors, type Trace, traceStep } from './trace.ts'
import { createWorkspace, type Workspace } from './workspace.ts'

export interface InputSpec {
  readonly shape: readonly number[]
  readonly dtype: 'float32' | 'int32'
  /** True where a run may give fewer values; those behind them are then unspecified. */
  readonly atMost?: boolean
}

export type Values = Readonly<Record<string, Float32Array | Int32Array>>

export interface CompileOptions {
  /** What differs from run to run, by name; the step gets tensors of these shapes. */
  readonly inputs: Readonly<Record<string, InputSpec>>
  /** Variables that the step changes, in place or by assigning to them. */
  readonly state: readonly tf.Variable[]
  /** Shared with steps that never run at the same time; by default the step's own. */
  readonly workspace?: Workspace
  /** Milliseconds, to measure the time that a run takes in JavaScript. */
  readonly now?: () => number
}

/** What a run asks of the GPU; bytes are those of this step alone. */
export interface Report {
  readonly dispatches: number
  readonly submits: number
  /** Uploaded in the last run; before the first, the most that one can upload. */
  readonly uploadedBytes: number
  /** Of all intermediates, of the buffers planned for them, and the most that is live at one time. */
  readonly unplannedBytes: number
  readonly plannedBytes: number
  readonly liveBytes: number
  /** Median of the last runs; null before the first, or without a clock. */
  readonly scriptMilliseconds: number | null
}

export interface Compiled {
  /** Uploads the inputs and submits the step. Throws RangeError, naming the input, when a length or type is wrong. */
  readonly run: (values: Values) => void
  /** Overwritten by every run. */
  readonly outputs: Tensors
  readonly report: () => Report
  /** Whether a variable that the step uses has since been assigned to from outside, so that it lies elsewhere. */
  readonly stale: () => boolean
  /** Bytes of constants; the workspace's, and those of tensors, are counted elsewhere. */
  readonly bytes: number
  readonly dispose: () => void
}

/**
 * Dispatches of one submit. Enough for a step of ResNet-50; more are cut up, because a driver may take a single long
 * piece of work for a hang.
 */
const dispatchesPerSubmit = 1024

/** Everything about a traced step but its memory. */
interface Prepared {
  readonly trace: Trace
  readonly commands: readonly Command[]
  readonly buffers: readonly RecordedBuffer[]
  readonly planned: Plan
}

const accessOf = (command: Command): Access =>
  command.kind === 'copy'
    ? { reads: [command.from], writes: [command.to] }
    : {
        reads: command.bindings.flatMap(({ buffer, written }) => (written ? [] : [buffer])),
        writes: command.bindings.flatMap(({ buffer, written }) => (written ? [buffer] : [])),
      }

const wholeCopy = (from: number, to: number, size: number): Command => ({
  kind: 'copy',
  from,
  fromOffset: 0,
  to,
  toOffset: 0,
  size,
})

/** A constant that a program also writes to is set anew in every run: a copy from the constant comes before its first use. */
function resetConstants(commands: readonly Command[], buffers: RecordedBuffer[]): Command[] {
  const written = new Set(commands.flatMap((command) => accessOf(command).writes))
  const sources = new Map<number, number>()
  for (const [b, { contents, size, usage }] of [...buffers.entries()]) {
    if (!contents || !written.has(b)) continue
    sources.set(b, buffers.push({ size, usage, real: null, contents }) - 1)
    buffers[b] = { ...buffers[b], contents: null }
  }
  return commands.flatMap((command) => {
    const { reads, writes } = accessOf(command)
    const resets = [...reads, ...writes].flatMap((b) => {
      const source = sources.get(b)
      sources.delete(b)
      return source === undefined ? [] : [wholeCopy(source, b, buffers[b].size)]
    })
    return [...resets, command]
  })
}

/**
 * New values of variables are computed right in the variable's buffer where nobody looks at its old value any more;
 * the others are copied there at the end.
 */
function assign({ assigned, outputs }: Trace, commands: readonly Command[], buffers: readonly RecordedBuffer[]) {
  const accesses = commands.map(accessOf)
  const outside = new Set(outputs.map(({ buffer }) => buffer))
  const sources = assigned.map(({ from }) => from)
  const renamed = new Map<number, number>()
  const copies: Command[] = []
  for (const { from, to } of assigned) {
    const first = accesses.findIndex(({ writes }) => writes.includes(from))
    const last = accesses.findLastIndex(({ reads, writes }) => reads.includes(to) || writes.includes(to))
    const alone = sources.filter((source) => source === from).length === 1 && !outside.has(from)
    if (alone && first > last && buffers[from].size === buffers[to].size) renamed.set(from, to)
    else copies.push(wholeCopy(from, to, buffers[to].size))
  }
  const name = (b: number) => renamed.get(b) ?? b
  const settled = commands.map(
    (command): Command =>
      command.kind === 'copy'
        ? { ...command, from: name(command.from), to: name(command.to) }
        : { ...command, bindings: command.bindings.map((b) => ({ ...b, buffer: name(b.buffer) })) },
  )
  return [...settled, ...copies]
}

const usageOfIntermediates = () => GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST

function prepare(backend: LabBackend, step: Step, inputs: Tensors, state: readonly tf.Variable[]): Prepared {
  const trace = traceStep(backend, step, inputs, state)
  const buffers = [...trace.buffers]
  const commands = assign(trace, resetConstants(trace.commands, buffers), buffers)
  const outside = new Set(trace.outputs.map(({ buffer }) => buffer))
  const items = buffers.map(
    ({ size, real, contents }, b): Item => ({ size, external: Boolean(real ?? contents) || outside.has(b) }),
  )
  const { limits } = backend.real
  try {
    const planned = plan(commands.map(accessOf), items, {
      alignment: limits.minStorageBufferOffsetAlignment,
      maximumArena: limits.maxBufferSize,
    })
    return { trace, commands, buffers, planned }
  } catch (error) {
    throw new CompileRefusal('the step itself', messageOf(error))
  }
}

const inputTensors = (backend: LabBackend, inputs: CompileOptions['inputs']): Tensors =>
  Object.fromEntries(
    Object.entries(inputs).map(([name, { shape, dtype }]) => {
      const info = backend.makeTensorInfo([...shape], dtype)
      return [name, tf.keep(tf.engine().makeTensorFromTensorInfo(info, backend))]
    }),
  )

function ours(): LabBackend {
  const backend = labBackend()
  if (!backend) throw new Error(`compile needs the lab's WebGPU backend (have ${tf.getBackend() || 'none'})`)
  return backend
}

function reportOf({ commands, planned }: Prepared, uploadedBytes: number): Report {
  const dispatches = planned.order.filter((c) => commands[c].kind === 'dispatch').length
  return {
    dispatches,
    submits: Math.max(1, Math.ceil(dispatches / dispatchesPerSubmit)),
    uploadedBytes,
    unplannedBytes: planned.unplannedBytes,
    plannedBytes: planned.plannedBytes,
    liveBytes: planned.liveBytes,
    scriptMilliseconds: null,
  }
}

const sizeOf = ({ shape }: { readonly shape: readonly number[] }) => tf.util.sizeFromShape([...shape])
const bytesOf = (specs: CompileOptions['inputs']) =>
  Object.values(specs).reduce((sum, spec) => sum + 4 * sizeOf(spec), 0)

/** Throws RangeError, naming the input. */
export function checkLength(
  name: string,
  size: number,
  { atMost }: InputSpec,
  value: Float32Array | Int32Array | undefined,
): void {
  if (value && (value.length === size || (atMost && value.length < size))) return
  throw new RangeError(`input ${name} needs ${atMost ? 'at most ' : ''}${size} values (has ${value?.length ?? 'none'})`)
}

/** What compiling a step would give, without its memory: for sizes that the GPU at hand cannot hold. */
export function planStep(step: Step, { inputs, state }: CompileOptions): Report {
  const backend = ours()
  const tensors = inputTensors(backend, inputs)
  try {
    return reportOf(prepare(backend, step, tensors, state), bytesOf(inputs))
  } finally {
    tf.dispose(tensors as tf.NamedTensorMap)
  }
}

/** All constants of a step in one buffer, equal ones once. */
function packConstants(device: GPUDevice, buffers: readonly RecordedBuffer[], used: ReadonlySet<number>) {
  const { minStorageBufferOffsetAlignment, minUniformBufferOffsetAlignment } = device.limits
  const alignment = Math.max(minStorageBufferOffsetAlignment, minUniformBufferOffsetAlignment)
  const offsets = new Map<number, number>()
  const known = new Map<string, number>()
  const pieces: { offset: number; contents: Uint8Array }[] = []
  let total = 0
  for (const b of used) {
    const { contents } = buffers[b]
    if (!contents) continue
    const key = contents.length <= 1024 ? contents.join() : `${b}`
    const offset = known.get(key) ?? total
    offsets.set(b, offset)
    if (known.has(key)) continue
    known.set(key, offset)
    pieces.push({ offset, contents })
    total += Math.ceil(contents.length / alignment) * alignment
  }
  const buffer = device.createBuffer({
    size: Math.max(total, alignment),
    usage: usageOfIntermediates() | GPUBufferUsage.UNIFORM,
    mappedAtCreation: true,
  })
  const range = new Uint8Array(buffer.getMappedRange())
  for (const { offset, contents } of pieces) range.set(contents, offset)
  buffer.unmap()
  return { buffer, offsets }
}

/** A command with its buffers: what a replay needs of it. */
type Bound =
  | {
      readonly kind: 'dispatch'
      readonly pipeline: GPUComputePipeline
      readonly group: GPUBindGroup
      readonly workgroups: readonly [number, number, number]
    }
  | {
      readonly kind: 'copy'
      readonly from: GPUBufferBinding
      readonly to: GPUBufferBinding
    }

/** Encodes and submits: one pass and one submit, but for copies and very long lists. */
function replay(device: GPUDevice, commands: readonly Bound[]): void {
  let encoder = device.createCommandEncoder()
  let pass: GPUComputePassEncoder | null = null
  let pipeline: GPUComputePipeline | null = null
  let dispatches = 0
  for (const command of commands) {
    if (command.kind === 'copy') {
      pass?.end()
      pass = null
      const { from, to } = command
      encoder.copyBufferToBuffer(from.buffer, from.offset ?? 0, to.buffer, to.offset ?? 0, to.size)
      continue
    }
    if (dispatches === dispatchesPerSubmit) {
      pass?.end()
      device.queue.submit([encoder.finish()])
      encoder = device.createCommandEncoder()
      pass = null
      dispatches = 0
    }
    if (!pass) {
      pass = encoder.beginComputePass()
      pipeline = null
    }
    if (command.pipeline !== pipeline) {
      pipeline = command.pipeline
      pass.setPipeline(pipeline)
    }
    pass.setBindGroup(0, command.group)
    pass.dispatchWorkgroups(...command.workgroups)
    dispatches++
  }
  pass?.end()
  device.queue.submit([encoder.finish()])
}

/**
 * Compiles `step`, a function of tensors that may use any tfjs operation on the GPU. Replaying gives the bytes that
 * running the step itself would give. The step must depend on its inputs' shapes alone: throws CompileRefusal, naming the
 * operation, when it reads values back, draws random numbers, changes variables that are not declared, or leaves the GPU.
 */
export function compile(step: Step, options: CompileOptions): Compiled {
  const backend = ours()
  const device = backend.real
  const { now } = options
  const inputs = inputTensors(backend, options.inputs)
  let prepared: Prepared
  try {
    prepared = prepare(backend, step, inputs, options.state)
  } catch (error) {
    tf.dispose(inputs as tf.NamedTensorMap)
    throw error
  }
  const { trace, commands, buffers, planned } = prepared
  const workspace = options.workspace ?? createWorkspace(device)
  const used = new Set(
    planned.order.flatMap((c) => {
      const { reads, writes } = accessOf(commands[c])
      return [...reads, ...writes]
    }),
  )
  const constants = packConstants(device, buffers, used)
  const outputs = inputTensors(
    backend,
    Object.fromEntries(trace.outputs.map(({ name, shape, dtype }) => [name, { shape, dtype }])),
  )
  const own = new Map(trace.outputs.map(({ name, buffer }) => [buffer, backend.bufferOf(outputs[name])]))
  for (const dataId of trace.captured) backend.incRef(dataId)
  const captured = new Set(trace.captured)
  const variables = Object.values(tf.engine().registeredVariables)
    .filter((variable) => options.state.includes(variable) || captured.has(variable.dataId))
    .map((variable) => [variable, variable.dataId] as const)

  function resourceOf(b: number, offset: number, size: number): GPUBufferBinding {
    const buffer = buffers[b].real ?? own.get(b)
    if (buffer) return { buffer, offset, size }
    const constant = constants.offsets.get(b)
    if (constant !== undefined) return { buffer: constants.buffer, offset: constant + offset, size }
    const place = planned.places[b]
    if (!place) throw new Error(`buffer ${b} has no place in the plan`)
    return { buffer: workspace.buffer(place.arena), offset: place.offset + offset, size }
  }

  function bind(command: Command): Bound {
    if (command.kind === 'copy') {
      const { from, fromOffset, to, toOffset, size } = command
      return { kind: 'copy', from: resourceOf(from, fromOffset, size), to: resourceOf(to, toOffset, size) }
    }
    const { pipeline, layout } = backend.compiledOf(command)
    const entries = command.bindings.map(({ binding, buffer, offset, size }) => ({
      binding,
      resource: resourceOf(buffer, offset, size),
    }))
    const group = device.createBindGroup({ layout, entries })
    return { kind: 'dispatch', pipeline, workgroups: command.workgroups, group }
  }

  let disposed = false
  let bound: Bound[] = []
  let version = -1
  function ready(): Bound[] {
    workspace.reserve(planned.arenas)
    if (version !== workspace.version()) {
      version = workspace.version()
      bound = planned.order.map((c) => bind(commands[c]))
    }
    return bound
  }

  const times = createTimes()
  const report = reportOf(prepared, bytesOf(options.inputs))
  let uploadedBytes = report.uploadedBytes

  function run(values: Values): void {
    const began = now?.() ?? 0
    backend.flush()
    uploadedBytes = 0
    for (const [name, tensor] of Object.entries(inputs)) {
      const value = values[name]
      checkLength(name, tensor.size, options.inputs[name], value)
      uploadedBytes += value.byteLength
      if (value instanceof Float32Array !== (tensor.dtype === 'float32')) {
        throw new RangeError(`input ${name} needs ${tensor.dtype} values (has a ${value.constructor.name})`)
      }
      device.queue.writeBuffer(backend.bufferOf(tensor), 0, value as Float32Array<ArrayBuffer>)
    }
    replay(device, ready())
    if (now) times.add(now() - began)
  }

  return {
    run,
    outputs,
    stale: () => variables.some(([variable, dataId]) => variable.dataId !== dataId),
    report: () => ({ ...report, uploadedBytes, scriptMilliseconds: times.median() }),
    bytes: constants.buffer.size,
    dispose: () => {
      if (disposed) return
      disposed = true
      tf.dispose([...Object.values(inputs), ...Object.values(outputs)])
      for (const dataId of trace.captured) backend.release(dataId)
      constants.buffer.destroy()
      if (!options.workspace) workspace.dispose()
      bound = []
    },
  }
}
