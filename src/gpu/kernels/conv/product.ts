/**
 * A matrix product, as a convolution describes it: its rows, the loops of its reduction and how to load the two operands. The
 * files in `schemes/` emit WGSL from it: the sharing of a tile among threads, the accumulators and the stores. `vector-product.ts`
 * describes a product for vector schemes.
 */

export type Expression = string
export type Statements = string

/** The loops of a reduction. */
export interface Loops {
  /** Multiplies at the four steps of an iteration and adds their sum. */
  readonly turn: Statements
  /** Starts a part at zero before `loop` and adds it to the total after. */
  readonly part: (loop: Statements) => Statements
}

/** How quad, vector-quad and register schemes find their rows, and how quad and register schemes load the left operand. */
interface Left {
  /** Whether neighbors in memory follow the reduction or the rows; four of them are loaded together. */
  readonly neighbors: 'reduction' | 'rows'
  /** Declares what the loads of row `index` need, under the number `r`. */
  readonly row: (r: number, index: Expression) => Statements
  /** The value of row `r` at a step of the iteration. */
  readonly value: (r: number, step: Expression) => Expression
  /** The values of row `r` at four steps, as a vec4f. Present where neighbors follow the reduction. */
  readonly four?: (r: number) => Expression
}

/** How vector-quad schemes load four numbers at a time. Both operands and the result are then vec4s. */
interface Vectors {
  /** Four steps of row `r` from a step of the iteration on, or, where neighbors are rows, four rows at the step. */
  readonly left: (r: number, step: Expression) => Expression
  readonly right: {
    readonly neighbors: 'reduction' | 'columns'
    /** Four columns at a step of the iteration, or, where neighbors follow the reduction, four steps of a column. */
    readonly load: (column: Expression, step: Expression) => Expression
  }
}

/** How tile schemes load a panel. */
export interface Panel {
  /** Which neighbors in memory neighboring threads load. */
  readonly neighbors: 'reduction' | 'lines'
  /** Four rows or columns, numbers `4 · quad` on in the tile, at step `k` of the turn, as a vec4f; `l` numbers the thread's loads. */
  readonly four: (k: Expression, quad: Expression, l: number) => Expression
}

interface Panels {
  readonly functions: Statements
  /** Declares what load `l` of the left panel needs, from the index of its first row. */
  readonly row: (l: number, index: Expression) => Statements
  /** The loops of the reduction around `turn`; `loads`: loads of the left panel in a turn. */
  readonly loops: (step: number, loads: number, turn: Statements) => Statements
  readonly left: Panel
  readonly right: Panel
}

/** A matrix product. The emitted code uses its uniforms `columns` and `size` (values of one split's result). */
export interface Product {
  /** Declarations before the entry point. */
  readonly functions: Statements
  /** Declares `split`, `firstRow` and `firstColumn` for a tile of this size; returns where the tile lies outside. */
  readonly prologue: (rows: number, columns: number) => Statements
  /** Number of rows. */
  readonly rows: Expression
  readonly left: Left
  /** The right operand's value in a column at a step of the iteration. */
  readonly right: (column: Expression, step: Expression) => Expression
  readonly vectors: Vectors
  /** Whether parts of the reduction are added up apart from the total. */
  readonly apart: boolean
  readonly loops: (loops: Loops) => Statements
  readonly panels: Panels
  /** Whether the result has a buffer `addend` of its size added to it. */
  readonly addend?: boolean
  /** Index of a row's first result; `r` is given where `left.row` has declared the row. */
  readonly resultAt: (index: Expression, r?: number) => Expression
}
