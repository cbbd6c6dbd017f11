/** Memory that is used again and again: fresh megabytes cost more time than what is computed in them. */

/** Bytes of at least the length asked for; whoever got them before must be done with them. */
export type Scratch = (length: number) => Uint8Array

/** For one use at a time. */
export function createScratch(): Scratch {
  let memory = new Uint8Array(0)
  return (length) => {
    if (memory.length < length) memory = new Uint8Array(length)
    return memory.subarray(0, length)
  }
}

/** For uses that overlap: each has its own until it is over. */
export async function withScratch<T>(free: Scratch[], work: (scratch: Scratch) => Promise<T>): Promise<T> {
  const scratch = free.pop() ?? createScratch()
  try {
    return await work(scratch)
  } finally {
    free.push(scratch)
  }
}
