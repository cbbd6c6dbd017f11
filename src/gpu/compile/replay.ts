/** Encodes and submits bound commands. */
import type { Pace } from '../pace.ts'
import type { BoundCommand } from './bind.ts'

interface Encoding {
  readonly encoder: GPUCommandEncoder
  pass: GPUComputePassEncoder | null
  pipeline: GPUComputePipeline | null
}

function endPass(encoding: Encoding): void {
  encoding.pass?.end()
  encoding.pass = null
  encoding.pipeline = null
}

function encode(encoding: Encoding, command: BoundCommand): void {
  if (command.kind === 'copy') {
    endPass(encoding)
    const { from, to } = command
    encoding.encoder.copyBufferToBuffer(from.buffer, from.offset ?? 0, to.buffer, to.offset ?? 0, to.size)
    return
  }
  encoding.pass ??= encoding.encoder.beginComputePass()
  if (command.pipeline !== encoding.pipeline) {
    encoding.pipeline = command.pipeline
    encoding.pass.setPipeline(command.pipeline)
  }
  encoding.pass.setBindGroup(0, command.group)
  encoding.pass.dispatchWorkgroups(...command.workgroups)
}

function submit(device: GPUDevice, commands: readonly BoundCommand[]): void {
  const encoding: Encoding = { encoder: device.createCommandEncoder(), pass: null, pipeline: null }
  for (const command of commands) encode(encoding, command)
  endPass(encoding)
  device.queue.submit([encoding.encoder.finish()])
}

/** Submits the commands in the parts that `pace` allows, each encoded in one pass except for copies. Returns their number. */
export function replay(device: GPUDevice, commands: readonly BoundCommand[], pace: Pace): number {
  const times = commands.map(({ assumedMilliseconds }) => assumedMilliseconds)
  const starts = [0, ...pace.submitStarts(times)]
  for (const [i, start] of starts.entries()) submit(device, commands.slice(start, starts[i + 1]))
  return starts.length
}
