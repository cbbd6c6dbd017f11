/**
 * Which intermediates of a step are stored in f16: those that only programs touch which can read and write them so. Plain numbers,
 * independent of a GPU.
 */
import type { Stored } from '../program.ts'

/** How a command uses a buffer. */
export interface HalfUse {
  readonly buffer: number
  readonly written: boolean
  /** Whether the command could use it in f16. */
  readonly able: boolean
  /** What a written buffer then holds: a kind of values, or the same as the buffer of this number. Null for others. */
  readonly holds: Stored | number | null
}

/** The buffers to store in f16, and what each holds. `isInner`: whether a buffer lives only within the step. */
export function halfBuffers(
  commands: readonly (readonly HalfUse[])[],
  isInner: (buffer: number) => boolean,
): Map<number, Stored> {
  const held = new Map<number, Stored>()
  const barred = new Set<number>()
  for (const uses of commands) {
    for (const { buffer, written, able, holds } of uses) {
      if (!able || !isInner(buffer)) barred.add(buffer)
      if (!written) continue
      const stored = typeof holds === 'number' ? held.get(holds) : holds
      if (!stored || (held.has(buffer) && held.get(buffer) !== stored)) barred.add(buffer)
      if (stored) held.set(buffer, stored)
    }
  }
  return new Map([...held].filter(([buffer]) => !barred.has(buffer)))
}
