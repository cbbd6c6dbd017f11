/**
 * Schemes: how a thread, a quad of threads or a workgroup computes its tile of a matrix product. The fastest scheme depends
 * on the adapter and the shape, so the tuner measures.
 */
import { type Geometry, type Operation, readsRows } from './conv/geometry.ts'

/**
 * Four threads hold rows × 4·columns outputs in registers. Each loads a quarter of the shared values and passes them to
 * the others by quadBroadcast. Without workgroup memory and barriers, for adapters where those are slow.
 */
export interface QuadScheme {
  readonly kind: 'quad'
  readonly rows: number
  /** Columns per thread. */
  readonly columns: number
}

/**
 * Quads whose threads load four numbers at a time, for shapes that allow it (`runs`). A thread has its own rows, passes their
 * values on by quadSwap, and multiplies by columns of its own.
 */
export interface VectorQuadScheme {
  readonly kind: 'vector-quad'
  /** Rows of a workgroup: a multiple of 4, of 16 for filter gradients. */
  readonly rows: number
  /** Columns of a workgroup: a multiple of 16 for each quad. */
  readonly columns: number
  /** Quads of a workgroup, which share its columns. */
  readonly quads: number
}

/** Every thread holds rows × 4·vectors outputs in registers and loads all its values itself. */
export interface RegisterScheme {
  readonly kind: 'register'
  readonly rows: number
  /** vec4 columns per thread. */
  readonly vectors: number
}

/** A workgroup computes rows × columns outputs from panels of the given depth in workgroup memory. */
interface Panels {
  readonly rows: number
  readonly columns: number
  readonly depth: number
  /** Outputs of one thread; both multiples of four. */
  readonly threadRows: number
  readonly threadColumns: number
}

/** Panels filled by loads of single numbers, for every shape. */
export interface TileScheme extends Panels {
  readonly kind: 'tile'
}

/** Panels filled by loads of vec4s, while the arithmetic on the panels before runs; for shapes that allow it (`runs`). */
export interface VectorScheme extends Panels {
  readonly kind: 'vector'
}

export type PanelScheme = TileScheme | VectorScheme

export type Scheme = QuadScheme | VectorQuadScheme | RegisterScheme | PanelScheme

/** A scheme, and the number of workgroups over which the reduction of one tile is split. */
export interface Variant {
  readonly scheme: Scheme
  readonly splits: number
}

export const registerGroup = [4, 4] as const

export const hasPanels = (scheme: Scheme): scheme is PanelScheme => scheme.kind === 'tile' || scheme.kind === 'vector'

export const threadsOf = ({ rows, columns, threadRows, threadColumns }: PanelScheme): number =>
  (rows / threadRows) * (columns / threadColumns)

/**
 * vec4s that a vector scheme leaves free after every four steps of a panel whose blocks are transposed. Eight threads that store
 * side by side then meet different banks of workgroup memory.
 */
export const gapOf = ({ depth }: VectorScheme): number => Math.max(1, 32 / depth)

/** Neighboring threads of a GPU that store a vec4 each at a time, and meet different banks where those lie side by side. */
const storedTogether = 8

/**
 * vec4s that a vector scheme leaves free after every step of a panel that is stored as it is loaded. Where fewer threads than store
 * together have the same step, those of the next step then meet other banks.
 */
export function stepGapOf(scheme: VectorScheme): number {
  const sameStep = threadsOf(scheme) / scheme.depth
  return sameStep < storedTogether ? sameStep : 0
}

/** The most bytes of workgroup memory that a scheme's programs need. */
export function panelBytes(scheme: PanelScheme): number {
  const values = scheme.depth * (scheme.rows + scheme.columns)
  const gaps =
    scheme.kind === 'vector' ? 2 * Math.max((scheme.depth / 4) * gapOf(scheme), scheme.depth * stepGapOf(scheme)) : 0
  return 4 * values + 16 * gaps
}

/** Channels of a source whose vec4s are whole taps of the filter: images with a fourth channel of zeros. */
export const tapChannels = 4

/** Whether a scheme has a program for an operation on a shape. Only vector and vector-quad schemes lack one for some shapes. */
export function runs(scheme: Scheme, operation: Operation, g: Geometry): boolean {
  const { inputs, outputs, kernel } = g
  if (scheme.kind === 'vector-quad') {
    if (inputs % 4 !== 0 || outputs % 4 !== 0 || readsRows(g)) return false
    return operation !== 'filter-gradient' || scheme.rows % 16 === 0
  }
  if (scheme.kind !== 'vector') return true
  // A bit of a mask stands for each row and each column of the filter.
  if (Math.max(...kernel) > 16 || inputs % 4 !== 0) return false
  if (operation === 'forward') return outputs % 4 === 0 && (inputs === tapChannels || inputs % scheme.depth === 0)
  return operation === 'input-gradient' ? outputs % scheme.depth === 0 : outputs % 4 === 0
}

export function schemeName(scheme: Scheme): string {
  if (scheme.kind === 'quad') return `quad-${scheme.rows}x${4 * scheme.columns}x${stepOf(scheme)}`
  if (scheme.kind === 'register') return `register-${scheme.rows}x${4 * scheme.vectors}`
  if (scheme.kind === 'vector-quad') {
    return `vector-quad-${scheme.rows}x${scheme.columns}x${stepOf(scheme)}-${scheme.quads}`
  }
  return `${scheme.kind}-${scheme.rows}x${scheme.columns}x${scheme.depth}-${scheme.threadRows}x${scheme.threadColumns}`
}

export const variantName = ({ scheme, splits }: Variant): string =>
  `${schemeName(scheme)}${splits > 1 ? `/${splits}` : ''}`

/** Rows and columns of the outputs that one workgroup computes. */
export function tileOf(scheme: Scheme): { rows: number; columns: number } {
  if (scheme.kind === 'quad') return { rows: scheme.rows, columns: 4 * scheme.columns }
  if (scheme.kind === 'register') {
    return { rows: scheme.rows * registerGroup[1], columns: 4 * scheme.vectors * registerGroup[0] }
  }
  return { rows: scheme.rows, columns: scheme.columns }
}

/** Steps of the reduction per iteration of the innermost loop. */
export const stepOf = (scheme: Scheme): number => (hasPanels(scheme) ? scheme.depth : 4)

/** The schemes that the tuner tries. */
export const schemes: readonly Scheme[] = [
  { kind: 'quad', rows: 4, columns: 2 },
  { kind: 'quad', rows: 8, columns: 4 },
  { kind: 'quad', rows: 8, columns: 8 },
  { kind: 'quad', rows: 32, columns: 8 },
  { kind: 'vector-quad', rows: 8, columns: 64, quads: 2 },
  { kind: 'vector-quad', rows: 16, columns: 32, quads: 2 },
  { kind: 'vector-quad', rows: 16, columns: 64, quads: 2 },
  { kind: 'vector-quad', rows: 32, columns: 32, quads: 2 },
  { kind: 'register', rows: 8, vectors: 1 },
  { kind: 'register', rows: 8, vectors: 2 },
  { kind: 'register', rows: 16, vectors: 2 },
  { kind: 'tile', rows: 128, columns: 64, depth: 16, threadRows: 8, threadColumns: 4 },
  { kind: 'tile', rows: 64, columns: 64, depth: 16, threadRows: 4, threadColumns: 4 },
  { kind: 'tile', rows: 32, columns: 64, depth: 16, threadRows: 4, threadColumns: 4 },
  { kind: 'tile', rows: 32, columns: 32, depth: 16, threadRows: 4, threadColumns: 4 },
  { kind: 'vector', rows: 128, columns: 128, depth: 16, threadRows: 8, threadColumns: 8 },
  { kind: 'vector', rows: 128, columns: 128, depth: 8, threadRows: 8, threadColumns: 8 },
  { kind: 'vector', rows: 128, columns: 64, depth: 16, threadRows: 8, threadColumns: 8 },
  { kind: 'vector', rows: 64, columns: 64, depth: 16, threadRows: 8, threadColumns: 8 },
  { kind: 'vector', rows: 64, columns: 64, depth: 16, threadRows: 8, threadColumns: 4 },
  { kind: 'vector', rows: 64, columns: 64, depth: 16, threadRows: 4, threadColumns: 4 },
  { kind: 'vector', rows: 32, columns: 32, depth: 16, threadRows: 4, threadColumns: 4 },
]
