/** A matrix product for vector schemes, as a convolution describes it: how its threads load the two panels. */
import type { VectorScheme } from '../schemes.ts'
import type { Expression, Statements } from './product.ts'

export interface VectorPanel {
  /**
   * What a vec4 in memory holds: four steps of the reduction for one line (a row or a column of the product), or four lines at one
   * step. Where neighbors follow the reduction, a thread loads four vec4s and stores them transposed.
   */
  readonly neighbors: 'reduction' | 'lines'
  /**
   * Declares what the load `id` needs. Where neighbors follow the reduction, `line` is the number of a line, and the thread loads
   * the panel's steps from 4 · `place4` on. Otherwise `line` is the number of four lines, and the thread loads step `place`.
   */
  readonly declare: (id: string, line: Expression) => Statements
  /** The vec4 that load `id` reads at the current panel; some number inside the buffer where there is padding. */
  readonly load: (id: string) => Expression
  /** Whether load `id` reads no padding; absent where there is none. The panel gets 0 for padding. */
  readonly inside?: (id: string) => Expression
}

/** The emitted code uses the uniforms `columns` and `size` (values of one split's result). */
export interface VectorProduct {
  /** Declarations before the entry point. */
  readonly functions: Statements
  /** Declares `split`, `firstRow` and `firstColumn` for a tile of this size; returns where the tile lies outside. */
  readonly prologue: (rows: number, columns: number) => Statements
  /** Number of rows. */
  readonly rows: Expression
  /** Declares `steps`, the number of panels, and the state of the reduction at the first one. */
  readonly begin: (scheme: VectorScheme) => Statements
  /** Moves on by one panel. */
  readonly advance: (scheme: VectorScheme) => Statements
  readonly left: VectorPanel
  readonly right: VectorPanel
  /** Whether the result has a buffer `addend` of its size added to it. */
  readonly addend?: boolean
  /** Whether it also writes the moments of the result, as `chunk-moments.ts` defines them, to `partial`. One split only. */
  readonly moments?: boolean
  /** A value of the result as it is read again, where that is another one; `zero` is a u32 that compilers do not know. */
  readonly asStored?: (value: Expression, zero: Expression) => Expression
  /** Index of a row's first result, in vec4s. */
  readonly resultAt: (row: Expression) => Expression
}
