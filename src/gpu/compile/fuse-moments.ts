/**
 * Finds moments of a result that the program of this result can compute itself: it then writes them, too, instead of a further program
 * that reads the result again. Other commands may read the result, too. Plain numbers, independent of a GPU.
 */
import { usesOf } from './fuse.ts'
import type { Access, Item } from './memory-plan.ts'

export interface MomentsCandidate extends Access {
  /** Whether a variant of its program also writes the moments of its one result. */
  readonly withMoments: boolean
  /** The buffer of the matrix, where it computes nothing but moments. */
  readonly matrix: number | null
  /** Columns of its result, or of that matrix, where they are known. */
  readonly columns: number | null
}

/** Moments that the program of a result computes. */
export interface MomentsFusion {
  /** The command that computes the result. */
  readonly producer: number
  /** The command that computes the moments; it is no longer needed. */
  readonly moments: number
}

/** The moments to compute where the matrix is computed: nothing uses their buffer from there until they were computed. */
export function momentsFusionsOf(commands: readonly MomentsCandidate[], items: readonly Item[]): MomentsFusion[] {
  const uses = usesOf(commands, items)
  const taken = new Set<number>()
  return commands.flatMap(({ matrix, columns, writes }, c) => {
    if (matrix === null || columns === null) return []
    const producer = uses[matrix].writes.filter((at) => at < c).at(-1)
    if (producer === undefined || taken.has(producer)) return []
    const source = commands[producer]
    if (!source.withMoments || source.columns !== columns) return []
    if (writes.some((b) => uses[b].all.some((at) => at >= producer && at < c))) return []
    taken.add(producer)
    return [{ producer, moments: c }]
  })
}
