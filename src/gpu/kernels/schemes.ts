/**
 * Schemes: how a thread, a quad of threads or a workgroup computes its tile of a matrix product. The fastest scheme depends
 * on the adapter and the shape, so the tuner measures.
 */

/**
 * Four threads hold rows × 4·columns outputs in registers. Each loads a quarter of the shared values and passes them to
 * the others by quadBroadcast. Without workgroup memory and barriers, for adapters where those are slow.
 */
export interface QuadScheme {
  readonly kind: 'quad'
  readonly rows: number
  /** Columns per thread. */
  readonly columns: number
  /** Quads of the reduction per loop iteration. Iterations are expensive where live variables are. */
  readonly unroll: number
}

/** Every thread holds rows × 4·vectors outputs in registers and loads all its values itself. */
export interface RegisterScheme {
  readonly kind: 'register'
  readonly rows: number
  /** vec4 columns per thread. */
  readonly vectors: number
}

/** A workgroup computes rows × columns outputs from panels of the given depth in workgroup memory. */
export interface TileScheme {
  readonly kind: 'tile'
  readonly rows: number
  readonly columns: number
  readonly depth: number
  /** Outputs of one thread; both multiples of four. */
  readonly threadRows: number
  readonly threadColumns: number
}

export type Scheme = QuadScheme | RegisterScheme | TileScheme

/** A scheme, and the number of workgroups over which the reduction of one tile is split. */
export interface Variant {
  readonly scheme: Scheme
  readonly splits: number
}

export const registerGroup = [4, 4] as const

export const threadsOf = ({ rows, columns, threadRows, threadColumns }: TileScheme): number =>
  (rows / threadRows) * (columns / threadColumns)

export function schemeName(scheme: Scheme): string {
  if (scheme.kind === 'quad') return `quad-${scheme.rows}x${4 * scheme.columns}x${4 * scheme.unroll}`
  if (scheme.kind === 'register') return `register-${scheme.rows}x${4 * scheme.vectors}`
  return `tile-${scheme.rows}x${scheme.columns}x${scheme.depth}-${scheme.threadRows}x${scheme.threadColumns}`
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
export function stepOf(scheme: Scheme): number {
  if (scheme.kind === 'tile') return scheme.depth
  return scheme.kind === 'quad' ? 4 * scheme.unroll : 4
}

/** The schemes that the tuner tries. */
export const schemes: readonly Scheme[] = [
  { kind: 'quad', rows: 4, columns: 2, unroll: 1 },
  { kind: 'quad', rows: 4, columns: 8, unroll: 1 },
  { kind: 'quad', rows: 8, columns: 4, unroll: 1 },
  { kind: 'quad', rows: 8, columns: 8, unroll: 1 },
  { kind: 'quad', rows: 16, columns: 8, unroll: 2 },
  { kind: 'quad', rows: 32, columns: 8, unroll: 1 },
  { kind: 'register', rows: 8, vectors: 1 },
  { kind: 'register', rows: 8, vectors: 2 },
  { kind: 'register', rows: 16, vectors: 2 },
  { kind: 'tile', rows: 128, columns: 64, depth: 16, threadRows: 8, threadColumns: 4 },
  { kind: 'tile', rows: 64, columns: 64, depth: 16, threadRows: 4, threadColumns: 4 },
  { kind: 'tile', rows: 32, columns: 64, depth: 16, threadRows: 4, threadColumns: 4 },
  { kind: 'tile', rows: 32, columns: 32, depth: 16, threadRows: 4, threadColumns: 4 },
]
