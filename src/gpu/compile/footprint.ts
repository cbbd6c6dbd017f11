/**
 * The footprint of a graph: what it demands of an adapter and how much memory it takes. The graph is traced over variables
 * without memory, so that it may be of any size.
 */
import * as tf from '@tensorflow/tfjs'
import { emptyTensor, type LabBackend } from '../lab-backend.ts'
import type { Demand } from '../limits.ts'
import type { DispatchFacts } from '../tracing-backend.ts'
import { accessOf } from './command.ts'
import { demandOf } from './demand.ts'
import type { InputSpecs } from './inputs.ts'
import { type Item, planMemory } from './memory-plan.ts'
import { type Changes, changed } from './prepare.ts'
import { createRecorder, expectDispatch, numberOf, type Recorder } from './record.ts'
import { recordingDevice } from './recording-device.ts'
import { CompileRefusal } from './refusal.ts'
import { outputsOf, type Step } from './trace.ts'

export interface Footprint {
  readonly demand: Demand
  /** Bytes of each arena of intermediates. */
  readonly arenas: readonly number[]
  /** Bytes of inputs, outputs and constants. */
  readonly ownBytes: number
  /** Bytes of variables. */
  readonly variableBytes: number
}

/** Makes a variable without memory. */
export type MakeVariable = (shape: readonly number[], trainable: boolean) => tf.Variable

/** A graph over variables that `MakeVariable` has made. */
export interface VirtualGraph extends Changes {
  readonly inputs: InputSpecs
  readonly step: Step
}

interface Recorded {
  readonly variables: ReadonlySet<number>
  readonly outside: ReadonlySet<number>
  readonly changes: Changes
}

/** Runs the graph once on the recording device. */
function record(backend: LabBackend, recorder: Recorder, make: (variable: MakeVariable) => VirtualGraph): Recorded {
  const made: tf.Variable[] = []
  const variables = new Set<number>()
  const empty = (shape: readonly number[], dtype: 'float32' | 'int32', numbers: Set<number>) => {
    const tensor = emptyTensor(backend, [...shape], dtype)
    numbers.add(numberOf(recorder, backend.bufferOf(tensor)))
    return tensor
  }
  const variable: MakeVariable = (shape, trainable) => {
    const tensor = empty(shape, 'float32', variables)
    const result = tf.variable(tensor, trainable)
    made.push(result)
    return result
  }
  const outside = new Set<number>()
  let changes: Changes = {}
  try {
    tf.tidy(() => {
      const { inputs, step, ...graph } = make(variable)
      changes = graph
      const tensors = Object.entries(inputs).map(
        ([name, { shape, dtype }]) => [name, empty(shape, dtype, outside)] as const,
      )
      for (const { buffer } of outputsOf(backend, recorder, step(Object.fromEntries(tensors)))) outside.add(buffer)
    })
  } finally {
    tf.dispose(made)
  }
  return { variables, outside, changes }
}

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0)

/** Traces the graph that `make` returns. Throws CompileRefusal. */
export function footprintOf(backend: LabBackend, make: (variable: MakeVariable) => VirtualGraph): Footprint {
  const refuse = (reason: string): never => {
    throw new CompileRefusal('a planned graph', reason)
  }
  const recorder = createRecorder(backend.real, refuse)
  const computes = (facts: DispatchFacts) => expectDispatch(recorder, facts)
  const tracer = { device: recordingDevice(recorder), captured: () => {}, computes, refuse }
  const { variables, outside, changes } = backend.tracing(tracer, () => record(backend, recorder, make))
  const isOwn = (b: number) => outside.has(b) || recorder.buffers[b]?.contents != null
  const recorded = recorder.buffers.map(
    ({ size, real }, b): Item => ({ size, external: real !== null || variables.has(b) || isOwn(b) }),
  )
  const kept = { commands: recorder.commands, buffers: recorder.buffers, items: recorded }
  const { commands, buffers, items } = changed(backend, kept, changes)
  const { limits } = backend.real
  const { order, arenas } = planMemory(commands.map(accessOf), items, {
    alignment: limits.minStorageBufferOffsetAlignment,
    largestArena: limits.maxBufferSize,
    quick: true,
  })
  const bytesOf = (belongs: (b: number) => boolean) => sum(buffers.map(({ size }, b) => (belongs(b) ? size : 0)))
  return {
    demand: demandOf(commands, buffers, order),
    arenas,
    ownBytes: bytesOf(isOwn),
    variableBytes: bytesOf((b) => variables.has(b)),
  }
}
