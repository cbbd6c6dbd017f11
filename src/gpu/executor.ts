/**
 * Runs graphs: computations that repeat with other values. A graph is compiled, except where the executor is eager or the graph
 * cannot be compiled; it then runs operation by operation.
 */
import * as tf from '@tensorflow/tfjs'
import type { GraphReport } from '../protocol/environment.ts'
import { type CompiledStep, type CompileOptions, compile } from './compile/compile.ts'
import { checkLength, emptyTensors, type Values } from './compile/inputs.ts'
import { prepareStep } from './compile/prepare.ts'
import { CompileRefusal } from './compile/refusal.ts'
import { createTimes } from './compile/times.ts'
import type { Step, Tensors } from './compile/trace.ts'
import { createWorkspace, type Workspace } from './compile/workspace.ts'
import { type CompilingOptions, compilePrograms } from './compile-programs.ts'
import { createChoices, type KernelChoices, withChoices } from './kernels/choose.ts'
import { type LabBackend, labBackend, noWork, type WorkCounts } from './lab-backend.ts'
import { type Gpu, read } from './read.ts'

export type { Values } from './compile/inputs.ts'

/** A computation of fixed shapes. Graphs with the same name and key are the same. */
export interface Graph extends Pick<CompileOptions, 'inputs' | 'state' | 'recompute' | 'half'> {
  readonly name: string
  readonly key: string
  readonly step: Step
}

type GraphId = Pick<Graph, 'name' | 'key'>

export interface Executor {
  /**
   * Compiles a graph's programs in parallel, so that its next run need not. Without it a run compiles them one after the other,
   * and blocks the thread. Rejects like `run`, with DeviceError for a program that does not compile, or with the signal's reason.
   */
  readonly prepare: (graph: Graph) => Promise<void>
  /** Runs a graph; resolves with its outputs' values. Work is queued in the order of the calls. Rejects with LimitError for a graph that the device cannot hold, or with the device's failure. */
  readonly run: (graph: Graph, values: Values) => Promise<Readonly<Record<string, Float32Array>>>
  /** Resolves with tensors that `create` makes outside of a graph, for instance a graph's state. The caller disposes them. */
  readonly allocate: <T extends tf.TensorContainer>(create: () => T) => Promise<T>
  /** Frees the compiled form of a graph; its report remains. */
  readonly forget: (graph: GraphId) => void
  /** The report of the latest graph of each name. */
  readonly reports: () => GraphReport[]
  /** Bytes on the GPU, with planned memory. */
  readonly bytes: () => number
  readonly dispose: () => void
}

export interface ExecutorOptions extends CompilingOptions {
  readonly gpu: Gpu
  /** Runs everything operation by operation. */
  readonly eager?: boolean
  /** Kernel variants of this executor alone; by default guessed from the shapes. */
  readonly choices?: KernelChoices
  /** Milliseconds. */
  readonly now?: () => number
}

/** The values, extended with zeros to the length of their tensor. */
function filled(value: Float32Array | Int32Array, size: number): Float32Array | Int32Array {
  if (value.length === size) return value
  const whole = value instanceof Int32Array ? new Int32Array(size) : new Float32Array(size)
  whole.set(value)
  return whole
}

/** Tensors with the values of a graph's inputs; the caller disposes them. Throws RangeError for a wrong number of values. */
export const tensorsOf = (inputs: Graph['inputs'], values: Values): tf.NamedTensorMap =>
  Object.fromEntries(
    Object.entries(inputs).map(([name, spec]) => {
      const size = tf.util.sizeFromShape([...spec.shape])
      checkLength(name, size, spec, values[name])
      return [name, tf.tensor(filled(values[name], size), [...spec.shape], spec.dtype)]
    }),
  )

/** A graph in the form in which it runs. */
interface Entry {
  readonly run: (values: Values) => Tensors
  /** Whether the outputs of a run are new tensors, to dispose after reading. */
  readonly ownsOutputs: boolean
  readonly report: () => GraphReport
  /** Null for a graph that runs operation by operation. */
  readonly compiled: CompiledStep | null
  /** How long the latest run takes at the rates that the backend's `Pace` assumes. */
  readonly assumedMilliseconds: () => number
  /** Runs so far. */
  runs: number
}

interface State extends CompilingOptions {
  readonly gpu: Gpu
  readonly eager: boolean
  readonly choices: KernelChoices
  readonly now?: () => number
  /** Null on tfjs's other backends. */
  readonly backend: LabBackend | null
  readonly workspace: Workspace | null
  /** By name and key. */
  readonly entries: Map<string, Entry>
  /** The latest entry of each name. */
  readonly latest: Map<string, Entry>
  /** When the latest results arrived, by `now`. */
  lastResult: number
}

function bytesOf({ gpu, workspace, entries }: State): number {
  const constants = [...entries.values()].reduce((sum, { compiled }) => sum + (compiled?.bytes ?? 0), 0)
  return gpu.bytes() + (workspace?.bytes() ?? 0) + constants
}

function runOnce({ inputs, step }: Graph, values: Values): Tensors {
  const tensors = tensorsOf(inputs, values)
  const outputs = tf.tidy(() => step(tensors))
  tf.dispose(tensors)
  return outputs
}

const notPlanned = { unplannedBytes: null, plannedBytes: null, liveBytes: null }

function eagerEntry({ backend, now }: State, graph: Graph, refusal: string | null): Entry {
  const { name } = graph
  const times = createTimes()
  let { assumedMilliseconds, ...counts }: WorkCounts = noWork
  const run = (values: Values): Tensors => {
    const began = now?.() ?? 0
    const once = () => runOnce(graph, values)
    const { result, work } = backend?.counting(once) ?? { result: once(), work: noWork }
    if (now) times.add(now() - began)
    ;({ assumedMilliseconds, ...counts } = work)
    return result
  }
  return {
    run,
    ownsOutputs: true,
    compiled: null,
    assumedMilliseconds: () => assumedMilliseconds,
    runs: 0,
    report: () => ({ name, compiled: false, refusal, ...counts, ...notPlanned, scriptMilliseconds: times.median() }),
  }
}

const titleOf = (name: string) => `The ${name} graph`

function compiledEntry(state: State, { name, step, ...graph }: Graph): Entry {
  const { workspace, now } = state
  const options = { ...graph, workspace: workspace ?? undefined, now, name: titleOf(name) }
  const compiled = compile(step, options)
  return {
    run: (values) => {
      compiled.run(values)
      return compiled.outputs
    },
    ownsOutputs: false,
    compiled,
    assumedMilliseconds: () => compiled.assumedMilliseconds,
    runs: 0,
    report: () => ({
      ...{ name, compiled: true, refusal: null, ...compiled.report(), peakBytes: bytesOf(state) },
      ...(graph.half ? { activations: 'f16' } : {}),
    }),
  }
}

/** Throws LimitError for a graph that the device cannot hold. A graph that cannot be traced passes. */
function requireRoom(backend: LabBackend, { name, step, inputs, state }: Graph): void {
  const tensors = emptyTensors(backend, inputs)
  try {
    prepareStep(backend, step, tensors, { state, name: titleOf(name) })
  } catch (error) {
    if (!(error instanceof CompileRefusal) || !error.intact) throw error
  } finally {
    tf.dispose(tensors as tf.NamedTensorMap)
  }
}

/** Throws LimitError before anything runs for a graph that the device cannot hold. */
function makeEntry(state: State, graph: Graph): Entry {
  if (graph.half && (!state.backend || state.eager))
    throw new Error(`${titleOf(graph.name)} stores activations in f16, which it can only do compiled`)
  if (!state.backend) return eagerEntry(state, graph, null)
  if (state.eager) {
    requireRoom(state.backend, graph)
    return eagerEntry(state, graph, null)
  }
  try {
    return compiledEntry(state, graph)
  } catch (error) {
    if (!(error instanceof CompileRefusal) || !error.intact || graph.half) throw error
    return eagerEntry(state, graph, error.message)
  }
}

/** Names a graph: those with the same are the same. */
export const graphKey = ({ name, key }: GraphId): string => `${name} ${key}`

function forget({ entries }: State, graph: GraphId): void {
  entries.get(graphKey(graph))?.compiled?.dispose()
  entries.delete(graphKey(graph))
}

/** The entry of a graph; made again after a variable in use was assigned to from outside. */
function entryOf(state: State, graph: Graph): Entry {
  const known = state.entries.get(graphKey(graph))
  if (known && !known.compiled?.stale()) return known
  forget(state, graph)
  const entry = makeEntry(state, graph)
  state.entries.set(graphKey(graph), entry)
  return entry
}

/** Runs `work` with the executor's kernel choices. */
const chosen = <T>({ backend, choices }: State, work: () => T): T =>
  backend ? withChoices(backend, choices, work) : work()

/** Records and submits a graph. */
function submit(state: State, graph: Graph, values: Values): { entry: Entry; outputs: Tensors } {
  return chosen(state, () => {
    const entry = entryOf(state, graph)
    state.latest.set(graph.name, entry)
    return { entry, outputs: entry.run(values) }
  })
}

async function prepare(state: State, graph: Graph): Promise<void> {
  const { gpu, backend } = state
  if (!backend || state.eager) return
  const { compiled } = chosen(state, () => entryOf(state, graph))
  if (compiled) await compilePrograms(gpu, backend, compiled.missingPrograms(), state)
}

/** Corrects the assumed rates by the time that a run took. The first run of a graph also compiles its programs. */
function notePace(state: State, entry: Entry, began: number, assumedMilliseconds: number): void {
  const { now, backend } = state
  if (!now) return
  const ended = now()
  const taken = ended - Math.max(began, state.lastResult)
  state.lastResult = ended
  if (entry.runs++ > 0) backend?.pace.note(assumedMilliseconds, taken)
}

async function run(state: State, graph: Graph, values: Values): Promise<Record<string, Float32Array>> {
  const began = state.now?.() ?? 0
  const { entry, outputs } = submit(state, graph, values)
  const assumedMilliseconds = entry.assumedMilliseconds()
  const names = Object.keys(outputs)
  try {
    const found = await read(state.gpu, Object.values(outputs))
    notePace(state, entry, began, assumedMilliseconds)
    return Object.fromEntries(names.map((name, i) => [name, found[i]]))
  } finally {
    if (entry.ownsOutputs) tf.dispose(Object.values(outputs))
  }
}

function dispose({ entries, latest, workspace }: State): void {
  for (const { compiled } of entries.values()) compiled?.dispose()
  entries.clear()
  latest.clear()
  workspace?.dispose()
}

export function createExecutor(options: ExecutorOptions): Executor {
  const { gpu, eager = false, choices = createChoices(gpu.adapter) } = options
  const backend = labBackend()
  const workspace = backend && createWorkspace(backend.real)
  const state: State = {
    ...options,
    eager,
    choices,
    backend,
    workspace,
    entries: new Map(),
    latest: new Map(),
    lastResult: 0,
  }
  return {
    prepare: (graph) => prepare(state, graph),
    run: (graph, values) => run(state, graph, values),
    allocate: async (create) => create(),
    forget: (graph) => forget(state, graph),
    reports: () => [...state.latest.values()].map(({ report }) => report()),
    bytes: () => bytesOf(state),
    dispose: () => dispose(state),
  }
}
