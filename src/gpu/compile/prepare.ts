/** Turns a step into its commands, in order, with a plan of the memory of intermediates. */
import type * as tf from '@tensorflow/tfjs'
import type { LabBackend } from '../lab-backend.ts'
import { excessOf, LimitError } from '../limits.ts'
import { accessOf, type Command, type Commands, type RecordedBuffer, renamed, wholeCopy } from './command.ts'
import { demandOf } from './demand.ts'
import { withFusions } from './fused.ts'
import { type StorageExponents, withHalfStorage } from './halved.ts'
import { type Item, type MemoryPlan, planMemory } from './memory-plan.ts'
import { withRecomputation } from './recomputed.ts'
import { type Step, type Tensors, type Trace, traceStep } from './trace.ts'

/** A traced step without its memory. */
export interface PreparedStep {
  readonly trace: Trace
  readonly commands: readonly Command[]
  readonly buffers: readonly RecordedBuffer[]
  readonly memory: MemoryPlan
  /** Dispatches that recomputation has added. */
  readonly recomputed: number
}

/** Changes of a step that take less memory. */
export interface Changes {
  /** Computes cheap intermediates again in the backward pass, which takes less memory and more time. */
  readonly recompute?: boolean
  /** Stores activations and their gradients in f16. The device must have the feature shader-f16. */
  readonly half?: StorageExponents
}

export interface PrepareOptions extends Changes {
  /** Variables that the step changes, in place or by assigning to them. */
  readonly state: readonly tf.Variable[]
  /** What the step is, for a LimitError: `The training graph`. */
  readonly name?: string
}

/** Resets a constant that a program also writes: in every run, a copy from the constant precedes its first use. */
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

/** Writes the new values of variables in place when the old value is dead; otherwise copies them at the end. */
function assign({ assigned, outputs }: Trace, commands: readonly Command[], buffers: readonly RecordedBuffer[]) {
  const accesses = commands.map(accessOf)
  const outside = new Set(outputs.map(({ buffer }) => buffer))
  const sources = assigned.map(({ from }) => from)
  const inPlace = new Map<number, number>()
  const copies: Command[] = []
  for (const { from, to } of assigned) {
    const first = accesses.findIndex(({ writes }) => writes.includes(from))
    const last = accesses.findLastIndex(({ reads, writes }) => reads.includes(to) || writes.includes(to))
    const alone = sources.filter((source) => source === from).length === 1 && !outside.has(from)
    if (alone && first > last && buffers[from].size === buffers[to].size) inPlace.set(from, to)
    else copies.push(wholeCopy(from, to, buffers[to].size))
  }
  return [...commands.map((command) => renamed(command, (b) => inPlace.get(b) ?? b)), ...copies]
}

/** The commands of a trace with resets of constants and new values of variables. */
function commandsOf(trace: Trace): Commands {
  const buffers = [...trace.buffers]
  const commands = assign(trace, resetConstants(trace.commands, buffers), buffers)
  const outside = new Set(trace.outputs.map(({ buffer }) => buffer))
  const items = buffers.map(
    ({ size, real, contents }, b): Item => ({ size, external: Boolean(real ?? contents) || outside.has(b) }),
  )
  return { commands, buffers, items }
}

/** A recording as it runs: with fused sums, and with the changes that the graph asks for. */
export function changed(backend: LabBackend, recorded: Commands, { half, recompute = false }: Changes): Commands {
  const fused = withFusions(backend, recorded)
  const stored = half ? withHalfStorage(backend, fused, half) : fused
  return recompute ? withRecomputation(stored) : stored
}

/** Traces a step and plans its memory. Throws CompileRefusal; or LimitError, with the step's name, when the device cannot hold it. */
export function prepareStep(
  backend: LabBackend,
  step: Step,
  inputs: Tensors,
  { state, name = 'This step', ...changes }: PrepareOptions,
): PreparedStep {
  const trace = traceStep(backend, step, inputs, state)
  const recorded = commandsOf(trace)
  const { commands, buffers, items } = changed(backend, recorded, changes)
  const { limits } = backend.real
  const memory = planMemory(commands.map(accessOf), items, {
    alignment: limits.minStorageBufferOffsetAlignment,
    largestArena: limits.maxBufferSize,
  })
  const excess = excessOf(demandOf(commands, buffers, memory.order), limits)
  if (excess) throw new LimitError(name, excess)
  const recomputed = buffers.length - recorded.buffers.length
  return { trace, commands, buffers, memory, recomputed }
}

/** All buffers that the planned commands read or write. */
export const usedBuffers = ({ commands, memory }: PreparedStep): Set<number> =>
  new Set(
    memory.order.flatMap((c) => {
      const { reads, writes } = accessOf(commands[c])
      return [...reads, ...writes]
    }),
  )
