/**
 * Convolution forward and its input gradient, as one implicit matrix product. A row is a pixel of the result, a column one
 * of its channels. The reduction runs over the taps of the filter and, innermost, the channels of the source; a tap that
 * falls on padding for all rows of a tile is skipped. With stride s, the gradient's pixels fall in s × s classes that see
 * different taps; each class is a separate product, so that no zeros are multiplied.
 */
import { throughHalf } from '../../half.ts'
import type { Exponents, Program } from '../../program.ts'
import { schemeName, stepOf, tileOf, type Variant, type VectorScheme } from '../schemes.ts'
import { counted, type Loop, lines, repeated, spread, times } from '../text.ts'
import { type Direction, type Layout, layoutOf, prologue, rowCode, uniforms } from './gather-layout.ts'
import { gatherVectors } from './gather-vector.ts'
import { type Geometry, geometryKey } from './geometry.ts'
import type { Product } from './product.ts'
import { type PlainScheme, productCode } from './schemes/product-code.ts'
import { vectorCode } from './schemes/vector.ts'
import { hasMoments } from './schemes/vector-moments.ts'

/** WGSL function for the values that a row reads at a tap. */
function spanCode({ g, direction, runs }: Layout): string {
  const [sy, sx] = g.stride
  const [py, px] = g.padding
  const source =
    direction === 'forward'
      ? `let y = row.y * ${sy} + tap.x - ${py}; let x = row.x * ${sx} ${runs ? '' : '+ tap.y'} - ${px};`
      : `let y = (row.y + ${py} - tap.x) / ${sy}; let x = (row.x + ${px} - tap.y) / ${sx};`
  // A negative numerator rounds towards zero, which would pass for pixel 0: compare before dividing.
  const outside =
    direction === 'forward'
      ? `(y < 0) | (y >= u.height)${runs ? '' : ' | (x < 0) | (x >= u.width)'}`
      : `(row.y + ${py} < tap.x) | (row.x + ${px} < tap.y) | (y >= u.height) | (x >= u.width)`
  const channels = runs ? `${g.inputs}` : 'u.inner'
  const span = runs
    ? `let left = x * ${channels};
  let base = (row.image * u.height + y) * u.width * ${channels} + left;
  let low = max(0, -left);
  let high = min(u.inner, u.width * ${channels} - left);`
    : `let base = ((row.image * u.height + y) * u.width + x) * u.inner;
  let low = 0;
  let high = u.inner;`
  return `
/** Values [base + low, base + high) of the source are there; the others of the run are padding. */
struct Span { base : i32, low : i32, high : i32 }
fn spanOf(row : Row, tap : vec2i) -> Span {
  ${source}
  ${span}
  // Without a branch: drivers inline this for every row, and early returns multiply.
  let outside = ${outside};
  return Span(select(base, 0, outside), low, select(high, 0, outside));
}`
}

/** Loops over the taps that a class sees, with `tap` and the number `segment` of the filter's run. Some classes see none. */
function eachTap({ g, direction, runs, padded }: Layout, loop: Loop, body: string): string {
  const [kh, kw] = g.kernel
  if (runs) return loop('ky', '0', '1', `${kh}`, `let tap = vec2i(ky, 0); let segment = ky;\n${body}`)
  if (loop === repeated && kh * kw === 1 && !padded) return `{ let tap = vec2i(); let segment = 0;\n${body}\n}`
  const forward = direction === 'forward'
  const [sy, sx] = forward ? [1, 1] : g.stride
  const first = (at: 'y' | 'x', i: 0 | 1) => (forward ? '0' : `(kind.${at} + ${g.padding[i]}) % ${g.stride[i]}`)
  const over = sy * sx === 1 ? loop : counted
  const row = `let tap = vec2i(ky, kx); let segment = ky * ${kw} + kx;\n${body}`
  return over('ky', first('y', 0), `${sy}`, `${kh}`, over('kx', first('x', 1), `${sx}`, `${kw}`, row))
}

/** Index of the filter's value for a reduction index `i` and column `n`. */
const filterIndex = ({ direction }: Layout, i: string, n: string) =>
  direction === 'forward'
    ? `(segment * u.inner + ${i}) * u.columns + ${n}`
    : `(segment * u.columns + ${n}) * u.inner + ${i}`

/** max(a, max(b, …)) */
const nested = (values: readonly string[]): string =>
  values.reduce((rest, value) => (rest === '' ? value : `max(${value}, ${rest})`), '')

/** Ranges of a thread's rows at a tap; skips a tap that falls on padding for all rows of its quad. */
function spansOf({ padded }: Layout, scheme: PlainScheme): string {
  const vectors = scheme.kind === 'vector-quad'
  const rows = vectors ? scheme.rows / 4 : scheme.rows
  const inQuad = 'max(max(high, quadSwapX(high)), max(quadSwapY(high), quadSwapDiagonal(high)))'
  return `
    ${lines(rows, (r) => `let span${r} = spanOf(row${r}, tap);`)}
    ${padded ? `let high = ${nested(times(rows).map((r) => `span${r}.high`))};\nif (${vectors ? inQuad : 'high'} == 0) { continue; }` : ''}
    ${padded && vectors ? lines(rows, (r) => `let bits${r} = vec4u(select(0u, ${allBits}, span${r}.high > 0));`) : ''}`
}

function leftOf({ padded, runs, inner }: Layout, step: number): Product['left'] {
  const guarded = runs || inner % step !== 0
  const value = (r: number, at: string) => {
    if (guarded)
      return `select(0f, source[max(span${r}.base + ${at}, 0)], (${at} >= span${r}.low) & (${at} < span${r}.high))`
    return padded ? `select(0f, source[span${r}.base + ${at}], span${r}.high > 0)` : `source[span${r}.base + ${at}]`
  }
  const four = (r: number) => {
    if (guarded) return `vec4f(${times(4).map((q) => value(r, `i + ${q}`))})`
    const values = `vec4f(${times(4).map((q) => `source[span${r}.base + i + ${q}]`)})`
    return padded ? `select(vec4f(), ${values}, span${r}.high > 0)` : values
  }
  return {
    neighbors: 'reduction',
    row: (r, index) => `let row${r} = rowOf(min(${index}, count - 1), kind);`,
    value: (r, step) => value(r, `i + ${step}`),
    four,
  }
}

const allBits = '0xffffffffu'

function vectorsOf(layout: Layout): Product['vectors'] {
  const forward = layout.direction === 'forward'
  return {
    left: (r, step) => {
      const value = `source[(span${r}.base + i + ${step}) >> 2u]`
      return layout.padded ? `bitcast<vec4f>(bitcast<vec4u>(${value}) & bits${r})` : value
    },
    right: {
      neighbors: forward ? 'columns' : 'reduction',
      load: (column, step) => `filter_[(${filterIndex(layout, `(i + ${step})`, column)}) >> 2u]`,
    },
  }
}

function panelsOf(layout: Layout): Product['panels'] {
  const each = (make: (c: number) => string) => `vec4f(${times(4).map(make)})`
  return {
    functions: `
fn loaded(span : Span, i : i32) -> f32 {
  if (i < span.low || i >= span.high) { return 0; }
  return source[span.base + i];
}
fn filtered(segment : i32, i : i32, n : i32, to_ : i32) -> f32 {
  if (i >= to_ || n >= u.columns) { return 0; }
  return filter_[${filterIndex(layout, 'i', 'n')}];
}`,
    row: (l, index) => lines(4, (c) => `let row${l}_${c} = rowOf(min(${index} + ${c}, count - 1), kind);`),
    loops: (step, loads, turn) =>
      eachTap(
        layout,
        counted,
        `${lines(loads, (l) => lines(4, (c) => `let span${l}_${c} = spanOf(row${l}_${c}, tap);`))}
    for (var i = from_; i < to_; i += ${step}) {${turn}
    }`,
      ),
    left: { neighbors: 'reduction', four: (k, _, l) => each((c) => `loaded(span${l}_${c}, i + ${k})`) },
    right: {
      neighbors: layout.direction === 'forward' ? 'lines' : 'reduction',
      four: (k, quad) => each((c) => `filtered(segment, i + ${k}, firstColumn + 4 * ${quad} + ${c}, to_)`),
    },
  }
}

function productOf(layout: Layout, scheme: PlainScheme): Product {
  const step = stepOf(scheme)
  return {
    functions: `${rowCode(layout, scheme.kind !== 'tile')}${spanCode(layout)}`,
    prologue,
    rows: 'count',
    left: leftOf(layout, step),
    right: (n, step) => `filter_[${filterIndex(layout, `i + ${step}`, n)}]`,
    vectors: vectorsOf(layout),
    apart: false,
    loops: ({ turn }) =>
      eachTap(
        layout,
        repeated,
        `${spansOf(layout, scheme)}
    ${repeated('i', 'from_', `${step}`, 'to_', turn)}`,
      ),
    panels: panelsOf(layout),
    resultAt: (index, r) => `resultOf(${r === undefined ? `rowOf(${index}, kind)` : `row${r}`})`,
  }
}

/** What a program also does with its result: adds a buffer of the result's size, or writes the moments of its columns. */
type Also = 'addend' | 'moments' | null

/** WGSL of a product in a vector scheme. `exponent`: the result is stored in f16, times 2 to the power of it. */
function vectorText(layout: Layout, scheme: VectorScheme, also: Also, exponent: number | null): string {
  const product = { ...gatherVectors(layout), addend: also === 'addend', moments: also === 'moments' }
  if (exponent === null) return vectorCode(product, scheme)
  const asStored = (value: string, zero: string) => throughHalf(value, exponent, zero)
  // A result in f16 would round the sums of parts.
  return vectorCode({ ...product, asStored }, scheme, Number.POSITIVE_INFINITY)
}

/**
 * The program of a direction in a scheme. Its code depends on the geometry's kernel, stride and padding. Where it depends on sizes, the
 * key has a flag for it.
 */
export function gatherProgram(g: Geometry, direction: Direction, variant: Variant, also: Also = null): Program {
  const { scheme } = variant
  const addend = also === 'addend'
  const layout = layoutOf(g, direction, scheme)
  const { runs, wholeTaps, padded, inner } = layout
  const vector = scheme.kind === 'vector'
  const uneven = !vector && inner % stepOf(scheme) !== 0
  const type = vector || scheme.kind === 'vector-quad' ? 'vec4f' : 'f32'
  const flags = [runs && `runs${g.inputs}`, wholeTaps && 'taps', padded && 'padded', uneven && 'uneven', also]
  const half = {
    reads: ['source', ...(addend ? ['addend'] : [])],
    writes: { result: direction === 'forward' ? 'activation' : 'gradient' },
    ...(vector ? { code: ({ result }: Exponents) => vectorText(layout, scheme, also, result) } : {}),
  } as const
  return {
    key: `conv-${direction}:${geometryKey(g)}:${flags.filter(Boolean).join()}:${schemeName(scheme)}`,
    outputs: { result: type, ...(also === 'moments' ? { partial: 'f32' } : {}) },
    inputs: { source: type, filter_: type, ...(addend ? { addend: type } : {}) },
    uniforms,
    half,
    ...(also ? {} : { plus: () => gatherProgram(g, direction, variant, 'addend') }),
    ...(!also && vector && direction === 'forward' && hasMoments(scheme)
      ? { withMoments: () => gatherProgram(g, direction, variant, 'moments') }
      : {}),
    ...(vector
      ? { code: vectorText(layout, scheme, also, null) }
      : productCode({ ...productOf(layout, scheme), addend }, scheme)),
  }
}

const multipleOf = (n: number, step: number) => Math.ceil(n / step) * step

/** Uniforms and workgroups of a dispatch, which writes `parts` results of the same size, to be added. */
export function gatherDispatch(g: Geometry, direction: Direction, { scheme, splits }: Variant) {
  const { inner, columns, classes } = layoutOf(g, direction, scheme)
  const forward = direction === 'forward'
  const [height, width] = forward ? [g.height, g.width] : [g.outHeight, g.outWidth]
  const [toHeight, toWidth] = forward ? [g.outHeight, g.outWidth] : [g.height, g.width]
  const chunk = multipleOf(Math.ceil(inner / splits), stepOf(scheme))
  const parts = Math.ceil(inner / chunk)
  const tile = tileOf(scheme)
  const rows = g.images * Math.ceil(toHeight / classes[0]) * Math.ceil(toWidth / classes[1])
  const tiles = Math.ceil(rows / tile.rows) * Math.ceil(columns / tile.columns)
  const size = g.images * toHeight * toWidth * columns
  return {
    parts,
    uniforms: { images: g.images, height, width, toHeight, toWidth, columns, inner, chunk, splits: parts, size },
    workgroups: [...spread(tiles), parts * classes[0] * classes[1]] as const,
  }
}
