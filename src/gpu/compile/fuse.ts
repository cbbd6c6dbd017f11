/**
 * Finds sums that the program of one operand can compute itself: it then adds the other operand to its result before it stores
 * it, instead of a further program that reads both and writes the sum. Plain numbers, independent of a GPU.
 *
 * The same numbers are added, so results keep their bytes.
 */
import type { Access, Item } from './memory-plan.ts'

export interface Candidate extends Access {
  /** The buffers that it adds, where it writes nothing but their sum. */
  readonly operands: readonly [number, number] | null
  /** Whether its program can add a buffer to its one result. */
  readonly extensible: boolean
}

/** A sum that its operand's program computes. */
export interface Fusion {
  /** The command that computes one operand. */
  readonly producer: number
  /** The command that adds; it is no longer needed. */
  readonly addition: number
  /** The buffer of the other operand. */
  readonly addend: number
}

/** The commands that use a buffer. */
interface Uses {
  /** Commands that read or write the buffer, in order. */
  readonly all: number[]
  readonly writes: number[]
}

/** By buffer. */
export function usesOf(commands: readonly Access[], items: readonly Item[]): Uses[] {
  const uses = items.map((): Uses => ({ all: [], writes: [] }))
  for (const [c, { reads, writes }] of commands.entries()) {
    for (const b of new Set([...reads, ...writes])) uses[b].all.push(c)
    for (const b of new Set(writes)) uses[b].writes.push(c)
  }
  return uses
}

const within = (commands: readonly number[], from: number, to: number) => commands.some((c) => c >= from && c < to)

/** The sums to compute where an operand is computed: nothing else reads that operand, and the other one has its value by then. */
export function fusionsOf(commands: readonly Candidate[], items: readonly Item[]): Fusion[] {
  const uses = usesOf(commands, items)
  const fusionOf = (addition: number, operand: number, addend: number): Fusion | null => {
    const [producer, reader, ...others] = uses[operand].all
    if (operand === addend || items[operand].external || others.length > 0 || reader !== addition) return null
    const { extensible, writes } = commands[producer]
    if (!extensible || writes.length !== 1 || writes[0] !== operand) return null
    const [sum] = commands[addition].writes
    // The sum is written earlier than before, and the addend is read earlier.
    if (within(uses[addend].writes, producer, addition) || within(uses[sum].all, producer, addition)) return null
    return { producer, addition, addend }
  }
  return commands.flatMap(({ operands }, c) => {
    if (!operands) return []
    const [a, b] = operands
    return fusionOf(c, a, b) ?? fusionOf(c, b, a) ?? []
  })
}
