/**
 * The memory of intermediates, shared by compiled steps that never run at the same time: its values have no meaning between
 * two runs. It grows to the size that the largest step needs.
 */

export interface Workspace {
  /** Makes every arena at least as large as its size. A new buffer changes `version`, and bind groups are then stale. */
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
      // The GPU frees the memory only after submitted work has used it.
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
