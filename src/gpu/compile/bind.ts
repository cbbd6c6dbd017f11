/** Binds commands to their buffers on the GPU. A replay needs nothing else. */
import type { LabBackend } from '../lab-backend.ts'
import { type Command, workOf } from './command.ts'
import type { Constants } from './constants.ts'
import type { PreparedStep } from './prepare.ts'
import type { Workspace } from './workspace.ts'

export type BoundCommand =
  | {
      readonly kind: 'dispatch'
      readonly pipeline: GPUComputePipeline
      readonly group: GPUBindGroup
      readonly workgroups: readonly [number, number, number]
      /** How long it takes at the rates that `Pace` assumes. */
      readonly assumedMilliseconds: number
    }
  | {
      readonly kind: 'copy'
      readonly from: GPUBufferBinding
      readonly to: GPUBufferBinding
      readonly assumedMilliseconds: number
    }

/** The places of a step's buffers. */
export interface StepMemory {
  readonly prepared: PreparedStep
  /** Buffers of the step's outputs, by their number in the recording. */
  readonly outputs: ReadonlyMap<number, GPUBuffer>
  readonly constants: Constants
  readonly workspace: Workspace
}

/** `size` bytes from `offset` of recorded buffer `b`. */
function resourceOf(memory: StepMemory, b: number, offset: number, size: number): GPUBufferBinding {
  const { prepared, outputs, constants, workspace } = memory
  const buffer = prepared.buffers[b].real ?? outputs.get(b)
  if (buffer) return { buffer, offset, size }
  const constant = constants.offsets.get(b)
  if (constant !== undefined) return { buffer: constants.buffer, offset: constant + offset, size }
  const place = prepared.memory.places[b]
  if (!place) throw new Error(`buffer ${b} has no place in the plan`)
  return { buffer: workspace.buffer(place.arena), offset: place.offset + offset, size }
}

function bindCommand(backend: LabBackend, memory: StepMemory, command: Command): BoundCommand {
  const assumedMilliseconds = backend.pace.assumed(workOf(command))
  if (command.kind === 'copy') {
    const { from, fromOffset, to, toOffset, size } = command
    return {
      kind: 'copy',
      from: resourceOf(memory, from, fromOffset, size),
      to: resourceOf(memory, to, toOffset, size),
      assumedMilliseconds,
    }
  }
  const { pipeline, layout } = backend.pipelineOf(command)
  const entries = command.bindings.map(({ binding, buffer, offset, size }) => ({
    binding,
    resource: resourceOf(memory, buffer, offset, size),
  }))
  const group = backend.real.createBindGroup({ layout, entries })
  return { kind: 'dispatch', pipeline, workgroups: command.workgroups, group, assumedMilliseconds }
}

/** Binds all commands of a step, in their planned order. The workspace must hold the planned arenas. */
export const bindCommands = (backend: LabBackend, memory: StepMemory): BoundCommand[] => {
  const { commands, memory: plan } = memory.prepared
  return plan.order.map((c) => bindCommand(backend, memory, commands[c]))
}
