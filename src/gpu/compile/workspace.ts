/**
 * Memory of the intermediates, shared by compiled steps that never run at the same time: what lies there means nothing
 * between two runs. It grows to what the largest of them needs.
 */

export interface Workspace {
  /** Buffers of at least these sizes. A call that makes one anew changes `version`: bind groups are then stale. */
  readonly reserve: (sizes: readonly number[]) => void
  readonly buffer: (arena: number) => GPUBuffer
  readonly version: () => number
  readonly bytes: () => number
  readonly dispose: () => void
}

export function createWorkspace(device: GPUDevice): Workspace {
  let buffers: GPUBuffer[] = []
  let version = 0
  const reserve = (sizes: readonly number[]) => {
    for (const [i, size] of sizes.entries()) {
      if (buffers[i]?.size >= size) continue
      // Work that has been submitted keeps what it uses; only the name goes.
      buffers[i]?.destroy()
      buffers[i] = device.createBuffer({
        size,
        usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
      })
      version++
    }
  }
  return {
    reserve,
    buffer: (arena) => buffers[arena],
    version: () => version,
    bytes: () => buffers.reduce((sum, { size }) => sum + size, 0),
    dispose: () => {
      for (const buffer of buffers) buffer.destroy()
      buffers = []
      version++
    },
  }
}
