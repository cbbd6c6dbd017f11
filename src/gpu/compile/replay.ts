/** Encodes and submits bound commands. */
import type { BoundCommand } from './bind.ts'

/**
 * Dispatches of one submit: enough for a step of ResNet-50. Longer lists are divided, because a driver may take one very long
 * submit for a hang.
 */
const dispatchesPerSubmit = 1024

/** The number of submits in which a replay sends its dispatches. */
export const submitsOf = (dispatches: number): number => Math.max(1, Math.ceil(dispatches / dispatchesPerSubmit))

interface Encoding {
  readonly device: GPUDevice
  encoder: GPUCommandEncoder
  pass: GPUComputePassEncoder | null
  pipeline: GPUComputePipeline | null
  dispatches: number
}

function endPass(encoding: Encoding): void {
  encoding.pass?.end()
  encoding.pass = null
  encoding.pipeline = null
}

function submit(encoding: Encoding): void {
  endPass(encoding)
  encoding.device.queue.submit([encoding.encoder.finish()])
}

function encode(encoding: Encoding, command: BoundCommand): void {
  if (command.kind === 'copy') {
    endPass(encoding)
    const { from, to } = command
    encoding.encoder.copyBufferToBuffer(from.buffer, from.offset ?? 0, to.buffer, to.offset ?? 0, to.size)
    return
  }
  if (encoding.dispatches === dispatchesPerSubmit) {
    submit(encoding)
    encoding.encoder = encoding.device.createCommandEncoder()
    encoding.dispatches = 0
  }
  encoding.pass ??= encoding.encoder.beginComputePass()
  if (command.pipeline !== encoding.pipeline) {
    encoding.pipeline = command.pipeline
    encoding.pass.setPipeline(command.pipeline)
  }
  encoding.pass.setBindGroup(0, command.group)
  encoding.pass.dispatchWorkgroups(...command.workgroups)
  encoding.dispatches++
}

/** Encodes the commands in one pass and one submit, except for copies and very long lists. */
export function replay(device: GPUDevice, commands: readonly BoundCommand[]): void {
  const encoder = device.createCommandEncoder()
  const encoding: Encoding = { device, encoder, pass: null, pipeline: null, dispatches: 0 }
  for (const command of commands) encode(encoding, command)
  submit(encoding)
}
