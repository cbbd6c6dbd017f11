/**
 * Where graphs run: computations that are done again and again with other values. Compiled by default; operation by
 * operation where that is asked for or where a graph cannot be compiled.
 */
import * as tf from '@tensorflow/tfjs'
import type { GraphReport } from '../protocol/environment.ts'
import { type Compiled, type CompileOptions, checkLength, compile, type Values } from './compile/compile.ts'
import { CompileRefusal } from './compile/record.ts'
import { createTimes } from './compile/times.ts'
import type { Step, Tensors } from './compile/trace.ts'
import { createWorkspace } from './compile/workspace.ts'
import { createChoices, type KernelChoices, withChoices } from './kernels/choose.ts'
import { labBackend } from './lab-backend.ts'
import { type Gpu, read } from './read.ts'

export type { Values } from './compile/compile.ts'

/** A computation of fixed shapes. Graphs of one name and key are the same. */
export interface Graph extends Pick<CompileOptions, 'inputs' | 'state'> {
  readonly name: string
  readonly key: string
  readonly step: Step
}

export interface Executor {
  /** Runs a graph; resolves with its outputs' values. Work is queued in the order of the calls. Rejects with the device's failure. */
  readonly run: (graph: Graph, values: Values) => Promise<Readonly<Record<string, Float32Array>>>
  /** Frees what was kept to run a graph again; its report stays. */
  readonly forget: (graph: Pick<Graph, 'name' | 'key'>) => void
  /** Of every graph that has run, the newest of each name. */
  readonly reports: () => GraphReport[]
  /** Bytes on the GPU, planned memory included. */
  readonly bytes: () => number
  readonly dispose: () => void
}

export interface ExecutorOptions {
  readonly gpu: Gpu
  /** Runs everything operation by operation. */
  readonly eager?: boolean
  /** Kernel variants of this executor alone; by default guessed from the shapes. */
  readonly choices?: KernelChoices
  /** Milliseconds. */
  readonly now?: () => number
}

/** The values at the length of their tensor. */
function filled(value: Float32Array | Int32Array, size: number): Float32Array | Int32Array {
  if (value.length === size) return value
  const whole = value instanceof Int32Array ? new Int32Array(size) : new Float32Array(size)
  whole.set(value)
  return whole
}

/** Tensors with the values of a graph's inputs. Throws RangeError for a wrong number of them. */
export const tensorsOf = (inputs: Graph['inputs'], values: Values): tf.NamedTensorMap =>
  Object.fromEntries(
    Object.entries(inputs).map(([name, spec]) => {
      const size = tf.util.sizeFromShape([...spec.shape])
      checkLength(name, size, spec, values[name])
      return [name, tf.tensor(filled(values[name], size), [...spec.shape], spec.dtype)]
    }),
  )

type Run = (values: Values) => Tensors

interface Entry {
  readonly run: Run
  /** Outputs are the caller's to dispose. */
  readonly owned: boolean
  readonly report: () => GraphReport
  readonly program: Compiled | null
}

export function createExecutor({
  gpu,
  eager = false,
  choices = createChoices(gpu.adapter),
  now,
}: ExecutorOptions): Executor {
  const backend = labBackend()
  const choosing = <T>(work: () => T): T => (backend ? withChoices(backend, choices, work) : work())
  const workspace = backend && createWorkspace(backend.real)
  const entries = new Map<string, Entry>()
  const newest = new Map<string, Entry>()
  const compiledBytes = () =>
    (workspace?.bytes() ?? 0) + [...entries.values()].reduce((sum, { program }) => sum + (program?.bytes ?? 0), 0)
  const bytes = () => gpu.bytes() + compiledBytes()

  function eagerEntry({ name, inputs, step }: Graph, refusal: string | null): Entry {
    let counts = { dispatches: 0, submits: 0, uploadedBytes: 0, peakBytes: 0 }
    const times = createTimes()
    const once = (values: Values): Tensors => {
      const tensors = tensorsOf(inputs, values)
      const outputs = tf.tidy(() => step(tensors))
      tf.dispose(tensors)
      return outputs
    }
    const run: Run = (values) => {
      const began = now?.() ?? 0
      const { result, work } = backend?.counting(() => once(values)) ?? { result: once(values), work: counts }
      if (now) times.add(now() - began)
      counts = work
      return result
    }
    const unplanned = { unplannedBytes: null, plannedBytes: null, liveBytes: null }
    return {
      run,
      owned: true,
      program: null,
      report: () => ({ name, compiled: false, refusal, ...counts, ...unplanned, scriptMilliseconds: times.median() }),
    }
  }

  function compiledEntry({ name, inputs, state, step }: Graph): Entry {
    const program = compile(step, { inputs, state, workspace: workspace ?? undefined, now })
    return {
      run: (values) => {
        program.run(values)
        return program.outputs
      },
      owned: false,
      program,
      report: () => ({ name, compiled: true, refusal: null, ...program.report(), peakBytes: bytes() }),
    }
  }

  function makeEntry(graph: Graph): Entry {
    if (eager || !backend) return eagerEntry(graph, null)
    try {
      return compiledEntry(graph)
    } catch (error) {
      if (!(error instanceof CompileRefusal) || !error.intact) throw error
      return eagerEntry(graph, error.message)
    }
  }

  const keyOf = ({ name, key }: Pick<Graph, 'name' | 'key'>) => `${name} ${key}`

  function forget(graph: Pick<Graph, 'name' | 'key'>): void {
    entries.get(keyOf(graph))?.program?.dispose()
    entries.delete(keyOf(graph))
  }

  function entryOf(graph: Graph): Entry {
    const known = entries.get(keyOf(graph))
    if (known && !known.program?.stale()) return known
    forget(graph)
    const entry = makeEntry(graph)
    entries.set(keyOf(graph), entry)
    return entry
  }

  return {
    run: async (graph, values) => {
      const { entry, outputs } = choosing(() => {
        const entry = entryOf(graph)
        newest.set(graph.name, entry)
        return { entry, outputs: entry.run(values) }
      })
      const names = Object.keys(outputs)
      try {
        const found = await read(gpu, Object.values(outputs))
        return Object.fromEntries(names.map((name, i) => [name, found[i]]))
      } finally {
        if (entry.owned) tf.dispose(Object.values(outputs))
      }
    },
    forget,
    reports: () => [...newest.values()].map(({ report }) => report()),
    bytes,
    dispose: () => {
      for (const { program } of entries.values()) program?.dispose()
      entries.clear()
      newest.clear()
      workspace?.dispose()
    },
  }
}
