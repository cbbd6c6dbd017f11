/**
 * Compiles a tfjs step to a fixed list of GPU commands over planned buffers. The step is traced once; a replay uploads the
 * inputs, encodes the list and submits it without tfjs.
 */
import * as tf from '@tensorflow/tfjs'
import { type LabBackend, labBackend } from '../lab-backend.ts'
import type { Program } from '../program.ts'
import { type BoundCommand, bindCommands, type StepMemory } from './bind.ts'
import { workOf } from './command.ts'
import { uploadConstants } from './constants.ts'
import { bytesOf, emptyTensors, type InputSpecs, uploadInputs, type Values } from './inputs.ts'
import { type PlannedCommand, plannedCommands } from './planned.ts'
import { type PreparedStep, type PrepareOptions, prepareStep, usedBuffers } from './prepare.ts'
import { replay } from './replay.ts'
import { createTimes, type Times } from './times.ts'
import type { Step, Tensors } from './trace.ts'
import { type Traffic, trafficOf } from './traffic.ts'
import { createWorkspace, type Workspace } from './workspace.ts'

export interface CompileOptions extends PrepareOptions {
  /** The values that differ from run to run, by name; the step gets tensors of these shapes. */
  readonly inputs: InputSpecs
  /** Shared with steps that never run at the same time; by default the step has its own. */
  readonly workspace?: Workspace
  /** Milliseconds, to measure the time that a run takes in JavaScript. */
  readonly now?: () => number
}

/** GPU use of one run; bytes are those of this step alone. */
export interface Report {
  readonly dispatches: number
  /** Of the last run; before the first, as planned. */
  readonly submits: number
  /** Uploaded in the last run; before the first, the most that one can upload. */
  readonly uploadedBytes: number
  /** The sum of all intermediates, the buffers planned for them, and the most that is live at one time. */
  readonly unplannedBytes: number
  readonly plannedBytes: number
  readonly liveBytes: number
  /** Median of the latest runs; null before three runs, or without a clock. */
  readonly scriptMilliseconds: number | null
}

/** The report of a step that was only planned. */
export interface StepPlan extends Report {
  readonly traffic: readonly Traffic[]
  /** Dispatches that recomputation has added. */
  readonly recomputed: number
}

export interface CompiledStep {
  /** Uploads the inputs and submits the step. Throws RangeError, naming the input, when a length or type is wrong. */
  readonly run: (values: Values) => void
  /** The programs of the step that are not compiled yet; a run compiles them one after the other. */
  readonly missingPrograms: () => Program[]
  /** Overwritten by every run. */
  readonly outputs: Tensors
  readonly report: () => Report
  /** Whether a variable that the step uses has been assigned to from outside, so that its buffer is another one. */
  readonly stale: () => boolean
  /** How long a run takes at the rates that the backend's `Pace` assumes. */
  readonly assumedMilliseconds: number
  /** Bytes of constants; excludes the workspace and tensors. */
  readonly bytes: number
  readonly dispose: () => void
}

interface State {
  readonly backend: LabBackend
  readonly options: CompileOptions
  readonly inputs: Tensors
  readonly outputs: Tensors
  readonly memory: StepMemory
  /** The variables in use, with the data that each had at compilation. */
  readonly variables: readonly (readonly [tf.Variable, object])[]
  readonly times: Times
  bound: BoundCommand[]
  /** The workspace's version for which `bound` is valid. */
  version: number
  uploadedBytes: number
  submits: number
  disposed: boolean
}

function requireBackend(): LabBackend {
  const backend = labBackend()
  if (!backend) throw new Error(`compile needs the lab's WebGPU backend (have ${tf.getBackend() || 'none'})`)
  return backend
}

/** How long each command of a step takes at the assumed rates. */
const assumedTimes = ({ pace }: LabBackend, { commands, memory }: PreparedStep): number[] =>
  memory.order.map((c) => pace.assumed(workOf(commands[c])))

const plannedSubmits = (backend: LabBackend, ready: PreparedStep): number =>
  1 + backend.pace.submitStarts(assumedTimes(backend, ready)).length

function reportOf(
  { commands, memory }: PreparedStep,
  run: Pick<Report, 'submits' | 'uploadedBytes' | 'scriptMilliseconds'>,
): Report {
  const dispatches = memory.order.filter((c) => commands[c].kind === 'dispatch').length
  const { unplannedBytes, plannedBytes, liveBytes } = memory
  return { dispatches, ...run, unplannedBytes, plannedBytes, liveBytes }
}

function whilePlanned<T>(step: Step, options: CompileOptions, use: (backend: LabBackend, ready: PreparedStep) => T): T {
  const backend = requireBackend()
  const tensors = emptyTensors(backend, options.inputs)
  try {
    return use(backend, prepareStep(backend, step, tensors, options))
  } finally {
    tf.dispose(tensors as tf.NamedTensorMap)
  }
}

/** Plans a step without allocating its memory: for totals that the current GPU cannot hold. Throws CompileRefusal or LimitError. */
export const planStep = (step: Step, options: CompileOptions): StepPlan =>
  whilePlanned(step, options, (backend, ready) => {
    const submits = plannedSubmits(backend, ready)
    const report = reportOf(ready, { submits, uploadedBytes: bytesOf(options.inputs), scriptMilliseconds: null })
    return { ...report, traffic: trafficOf(ready.commands, ready.memory.order), recomputed: ready.recomputed }
  })

/** The commands of a step in the order of a run, without allocating its memory. Throws as `planStep` does. */
export const planCommands = (step: Step, options: CompileOptions): PlannedCommand[] =>
  whilePlanned(step, options, (backend, { commands, memory }) => plannedCommands(backend, commands, memory.order))

function prepared(backend: LabBackend, step: Step, inputs: Tensors, options: CompileOptions): PreparedStep {
  try {
    return prepareStep(backend, step, inputs, options)
  } catch (error) {
    tf.dispose(inputs as tf.NamedTensorMap)
    throw error
  }
}

function variablesOf({ trace }: PreparedStep, { state }: CompileOptions): (readonly [tf.Variable, object])[] {
  const captured = new Set(trace.captured)
  return Object.values(tf.engine().registeredVariables)
    .filter((variable) => state.includes(variable) || captured.has(variable.dataId))
    .map((variable) => [variable, variable.dataId] as const)
}

function createState(step: Step, options: CompileOptions): State {
  const backend = requireBackend()
  const inputs = emptyTensors(backend, options.inputs)
  const ready = prepared(backend, step, inputs, options)
  const { trace, buffers } = ready
  const workspace = options.workspace ?? createWorkspace(backend.real)
  const constants = uploadConstants(backend.real, buffers, usedBuffers(ready))
  const outputs = emptyTensors(
    backend,
    Object.fromEntries(trace.outputs.map(({ name, shape, dtype }) => [name, { shape, dtype }])),
  )
  const outputBuffers = new Map(trace.outputs.map(({ name, buffer }) => [buffer, backend.bufferOf(outputs[name])]))
  for (const dataId of trace.captured) backend.incRef(dataId)
  return {
    backend,
    options,
    inputs,
    outputs,
    memory: { prepared: ready, outputs: outputBuffers, constants, workspace },
    variables: variablesOf(ready, options),
    times: createTimes(),
    bound: [],
    version: -1,
    uploadedBytes: bytesOf(options.inputs),
    submits: plannedSubmits(backend, ready),
    disposed: false,
  }
}

/** Binds again when the workspace has new buffers. */
function boundCommands(state: State): readonly BoundCommand[] {
  const { backend, memory } = state
  const { workspace, prepared } = memory
  workspace.reserve(prepared.memory.arenas)
  if (state.version !== workspace.version()) {
    state.version = workspace.version()
    state.bound = bindCommands(backend, memory)
  }
  return state.bound
}

function runStep(state: State, values: Values): void {
  const { backend, options, inputs, times } = state
  const began = options.now?.() ?? 0
  backend.flush()
  state.uploadedBytes = uploadInputs(backend, inputs, options.inputs, values)
  state.submits = replay(backend.real, boundCommands(state), backend.pace)
  if (options.now) times.add(options.now() - began)
}

/** None once the commands are bound: they then hold their pipelines. */
function missingPrograms({ backend, memory: { prepared, workspace }, version }: State): Program[] {
  if (version === workspace.version()) return []
  const commands = prepared.memory.order.map((c) => prepared.commands[c])
  return backend.missingPrograms(commands.filter((command) => command.kind === 'dispatch'))
}

function disposeStep(state: State): void {
  if (state.disposed) return
  state.disposed = true
  const { backend, options, inputs, outputs, memory } = state
  tf.dispose([...Object.values(inputs), ...Object.values(outputs)])
  for (const dataId of memory.prepared.trace.captured) backend.release(dataId)
  memory.constants.buffer.destroy()
  if (!options.workspace) memory.workspace.dispose()
  state.bound = []
}

/**
 * Compiles `step`, a function of tensors that may use any tfjs operation on the GPU. A replay produces the same bytes as the
 * step itself. The step must depend on its inputs' shapes alone. Throws CompileRefusal, naming the operation, when it reads
 * values back, draws random numbers, changes variables that are not declared, or leaves the GPU; and LimitError when a tensor or a
 * dispatch exceeds a limit of the device.
 */
export function compile(step: Step, options: CompileOptions): CompiledStep {
  const state = createState(step, options)
  return {
    run: (values) => runStep(state, values),
    missingPrograms: () => missingPrograms(state),
    outputs: state.outputs,
    stale: () => state.variables.some(([variable, dataId]) => variable.dataId !== dataId),
    assumedMilliseconds: assumedTimes(state.backend, state.memory.prepared).reduce((sum, time) => sum + time, 0),
    report: () => {
      const { submits, uploadedBytes, times, memory } = state
      return reportOf(memory.prepared, { submits, uploadedBytes, scriptMilliseconds: times.median() })
    },
    bytes: state.memory.constants.buffer.size,
    dispose: () => disposeStep(state),
  }
}
