/** Reusable buffers: allocating megabytes takes longer than the computation that uses them. */

/** Returns a buffer of the given length in bytes. Its contents replace those of the previous call. */
export type Scratch = (length: number) => Uint8Array

/** A buffer for a very large image is not kept. */
const mostKept = 2 ** 26

/** A scratch buffer for one use at a time. */
export function createScratch(): Scratch {
  let memory = new Uint8Array(0)
  return (length) => {
    if (length > mostKept) return new Uint8Array(length)
    if (memory.length < length) memory = new Uint8Array(length)
    return memory.subarray(0, length)
  }
}

/** Calls `work` with a scratch buffer from `free`, and returns the buffer afterwards; for overlapping uses. */
export async function withScratch<T>(free: Scratch[], work: (scratch: Scratch) => Promise<T>): Promise<T> {
  const scratch = free.pop() ?? createScratch()
  try {
    return await work(scratch)
  } finally {
    free.push(scratch)
  }
}
