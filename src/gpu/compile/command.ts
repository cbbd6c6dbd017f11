/** Recorded GPU commands and the buffers that they use. Types, and what a command reads and writes. */
import type { Access } from './memory-plan.ts'

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
}

export interface DispatchCommand {
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

export const accessOf = (command: Command): Access =>
  command.kind === 'copy'
    ? { reads: [command.from], writes: [command.to] }
    : {
        reads: command.bindings.flatMap(({ buffer, written }) => (written ? [] : [buffer])),
        writes: command.bindings.flatMap(({ buffer, written }) => (written ? [buffer] : [])),
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
