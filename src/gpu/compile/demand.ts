/** What a step demands of an adapter: the largest of its buffers, bindings, programs and dispatches. */
import { needsOf } from '../bindings.ts'
import { type Demand, largerDemand } from '../limits.ts'
import { accessOf, type Command, type RecordedBuffer } from './command.ts'

const nothing: Demand = {
  maxBufferSize: 0,
  maxStorageBufferBindingSize: 0,
  maxStorageBuffersPerShaderStage: 0,
  maxComputeInvocationsPerWorkgroup: 0,
  maxComputeWorkgroupStorageSize: 0,
  maxComputeWorkgroupsPerDimension: 0,
}

function demandOfCommand(command: Command, buffers: readonly RecordedBuffer[]): Demand {
  const { reads, writes } = accessOf(command)
  const maxBufferSize = Math.max(...[...reads, ...writes].map((b) => buffers[b].size))
  if (command.kind === 'copy') return { ...nothing, maxBufferSize }
  const storage = command.bindings.filter(({ buffer }) => (buffers[buffer].usage & GPUBufferUsage.STORAGE) !== 0)
  const { threads, bytes } = needsOf(command.pipeline)
  return {
    maxBufferSize,
    maxStorageBufferBindingSize: Math.max(0, ...storage.map(({ size }) => size)),
    maxStorageBuffersPerShaderStage: storage.length,
    maxComputeInvocationsPerWorkgroup: threads,
    maxComputeWorkgroupStorageSize: bytes,
    maxComputeWorkgroupsPerDimension: Math.max(...command.workgroups),
  }
}

/** The demand of the commands in `order`. */
export const demandOf = (
  commands: readonly Command[],
  buffers: readonly RecordedBuffer[],
  order: readonly number[],
): Demand => order.reduce((most, c) => largerDemand(most, demandOfCommand(commands[c], buffers)), nothing)
