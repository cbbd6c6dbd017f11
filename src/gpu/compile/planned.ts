/** The commands of a planned step, as models of their time need them. */
import { needsOf } from '../bindings.ts'
import type { LabBackend } from '../lab-backend.ts'
import type { Program } from '../program.ts'
import { bytesOf, type Command } from './command.ts'

export interface PlannedCommand {
  /** The key of the lab's program, the name of tfjs's, or `copy`. */
  readonly name: string
  /** The lab's program; null for one of tfjs and for a copy. */
  readonly program: Program | null
  /** All zero for a copy. */
  readonly workgroups: readonly [number, number, number]
  /** Threads of a workgroup. */
  readonly threads: number
  /** Floating point operations; 0 where they are few beside the bytes. */
  readonly flops: number
  /** As in `Traffic`. */
  readonly readBytes: number
  readonly writtenBytes: number
  /** Bytes of the first buffer that it writes. */
  readonly resultBytes: number
}

function plannedCommand(backend: LabBackend, command: Command): PlannedCommand {
  const { read: readBytes, written: writtenBytes } = bytesOf(command)
  const bytes = { readBytes, writtenBytes }
  if (command.kind === 'copy')
    return {
      name: 'copy',
      program: null,
      workgroups: [0, 0, 0],
      threads: 0,
      flops: 0,
      ...bytes,
      resultBytes: writtenBytes,
    }
  const { pipeline, workgroups, flops, bindings } = command
  const program = backend.programOf(command) ?? null
  const { threads } = needsOf(pipeline)
  const resultBytes = bindings.find(({ written }) => written)?.size ?? 0
  return { name: pipeline.label, program, workgroups, threads, flops, ...bytes, resultBytes }
}

/** The commands in `order`. */
export const plannedCommands = (
  backend: LabBackend,
  commands: readonly Command[],
  order: readonly number[],
): PlannedCommand[] => order.map((c) => plannedCommand(backend, commands[c]))
