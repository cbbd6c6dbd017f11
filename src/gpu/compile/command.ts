/** Recorded GPU commands and the buffers that they use. Types, and what a command reads and writes. */
import type { Work } from '../pace.ts'
import type { DispatchFacts } from '../tracing-backend.ts'
import type { Access, Item } from './memory-plan.ts'

/** A buffer of a recording; its number is its index in the list. */
export interface RecordedBuffer {
  readonly size: number
  readonly usage: number
  /** The buffer on the GPU that existed before the trace; null for one that the step made. */
  readonly real: GPUBuffer | null
  /** The values that JavaScript wrote before any command used the buffer. */
  contents: Uint8Array<ArrayBuffer> | null
}

export interface RecordedBinding {
  readonly binding: number
  readonly buffer: number
  readonly offset: number
  readonly size: number
  readonly written: boolean
  /** How many times the program reads the whole binding. */
  readonly reads: number
}

export interface DispatchCommand extends DispatchFacts {
  readonly kind: 'dispatch'
  readonly pipeline: GPUComputePipeline
  readonly layout: GPUBindGroupLayout
  readonly bindings: readonly RecordedBinding[]
  readonly workgroups: readonly [number, number, number]
}

export interface CopyCommand {
  readonly kind: 'copy'
  readonly from: number
  readonly fromOffset: number
  readonly to: number
  readonly toOffset: number
  readonly size: number
}

export type Command = DispatchCommand | CopyCommand

export interface Recording {
  readonly buffers: readonly RecordedBuffer[]
  readonly commands: readonly Command[]
}

/** A recording, with an item of the memory plan for each buffer. */
export interface Commands extends Recording {
  readonly items: readonly Item[]
}

export const accessOf = (command: Command): Access =>
  command.kind === 'copy'
    ? { reads: [command.from], writes: [command.to] }
    : {
        reads: command.bindings.flatMap(({ buffer, written }) => (written ? [] : [buffer])),
        writes: command.bindings.flatMap(({ buffer, written }) => (written ? [buffer] : [])),
      }

/** The command with other buffers. */
export function renamed(command: Command, name: (buffer: number) => number): Command {
  if (command.kind === 'copy') return { ...command, from: name(command.from), to: name(command.to) }
  return { ...command, bindings: command.bindings.map((b) => ({ ...b, buffer: name(b.buffer) })) }
}

/** Bytes that a command reads and writes. */
export function bytesOf(command: Command): { read: number; written: number } {
  if (command.kind === 'copy') return { read: command.size, written: command.size }
  const total = (of: (binding: RecordedBinding) => number) =>
    command.bindings.reduce((sum, binding) => sum + of(binding), 0)
  return { read: total(({ size, reads }) => size * reads), written: total(({ size, written }) => (written ? size : 0)) }
}

/** What a command takes of the GPU. */
export function workOf(command: Command): Work {
  const { read, written } = bytesOf(command)
  return { flops: command.kind === 'copy' ? 0 : command.flops, bytes: read + written }
}

/** Copies the first `size` bytes of a buffer to another. */
export const wholeCopy = (from: number, to: number, size: number): CopyCommand => ({
  kind: 'copy',
  from,
  fromOffset: 0,
  to,
  toOffset: 0,
  size,
})
