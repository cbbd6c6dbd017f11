/**
 * Convolution forward and its gradient by the input, as one implicit matrix product: a row is a pixel of the
 * result, a column one of its channels, and the reduction runs over the taps of the filter and, innermost, the
 * channels of the source. Padding is skipped a tap at a time. With stride s the gradient's pixels fall in s × s
 * classes that see different taps; each class is a product of its own, so that no zeros are visited.
 */
import type { Program } from '../../program.ts'
import {
  type QuadScheme,
  type RegisterScheme,
  registerGroup,
  schemeName,
  stepOf,
  type TileScheme,
  threadsOf,
  tileOf,
  type Variant,
} from '../schemes.ts'
import { lines, spread, times, xyzw } from '../text.ts'
import { type Geometry, geometryKey, isPadded, readsRows } from './geometry.ts'

export type Direction = 'forward' | 'input-gradient'

/** A product laid out: what the programs need to know besides the geometry. */
interface Layout {
  readonly g: Geometry
  readonly direction: Direction
  /** The run of neighbours that the innermost loop reads. */
  readonly inner: number
  /** Columns of the product. */
  readonly columns: number
  readonly runs: boolean
  readonly padded: boolean
  /** Pixel classes in height and width. */
  readonly classes: readonly [number, number]
}

function layoutOf(g: Geometry, direction: Direction): Layout {
  const forward = direction === 'forward'
  const runs = forward && readsRows(g)
  const inner = runs ? g.inputs * g.kernel[1] : forward ? g.inputs : g.outputs
  return {
    g,
    direction,
    inner,
    columns: forward ? g.outputs : g.inputs,
    runs,
    padded: forward ? isPadded(g) : isPadded(g) || g.stride[0] > 1 || g.stride[1] > 1 || uncovered(g),
    classes: forward ? [1, 1] : g.stride,
  }
}

/** Whether some input pixel is seen by no output, so that its gradient meets taps that do not exist. */
const uncovered = (g: Geometry): boolean =>
  ([0, 1] as const).some((i) => {
    const [size, out] = i === 0 ? [g.height, g.outHeight] : [g.width, g.outWidth]
    return g.kernel[i] > 1 || (out - 1) * g.stride[i] + g.kernel[i] - g.padding[i] < size
  })

const uniforms = {
  images: 'i32',
  /** Of the source of the gather and of its result. */
  height: 'i32',
  width: 'i32',
  toHeight: 'i32',
  toWidth: 'i32',
  columns: 'i32',
  inner: 'i32',
  /** Part of `inner` that one split reduces. */
  chunk: 'i32',
  splits: 'i32',
  /** Values of one result, between the results of splits. */
  size: 'i32',
} as const

/** Declarations that all schemes share: rows of the product, and what a row reads at a tap. */
function rowCode({ g, direction, runs, classes }: Layout, imagesInside: boolean): string {
  const [sy, sx] = g.stride
  const [py, px] = g.padding
  const decode = imagesInside
    ? 'let image = m % u.images; let pixel = m / u.images;'
    : 'let image = m / (kind.height * kind.width); let pixel = m % (kind.height * kind.width);'
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
struct Row { image : i32, y : i32, x : i32 }
/** Values [base + low, base + high) of the source are there; the others of the run are padding. */
struct Span { base : i32, low : i32, high : i32 }
struct Class { y : i32, x : i32, height : i32, width : i32 }
fn classOf(z : i32) -> Class {
  let class_ = z / u.splits;
  let first = vec2i((class_ / ${classes[1]} + ${direction === 'forward' ? 0 : (sy - (py % sy)) % sy}) % ${classes[0]}, (class_ % ${classes[1]} + ${direction === 'forward' ? 0 : (sx - (px % sx)) % sx}) % ${classes[1]});
  return Class(first.x, first.y, (u.toHeight - first.x + ${classes[0] - 1}) / ${classes[0]}, (u.toWidth - first.y + ${classes[1] - 1}) / ${classes[1]});
}
fn rowOf(m : i32, kind : Class) -> Row {
  ${decode}
  return Row(image, kind.y + ${classes[0]} * (pixel / kind.width), kind.x + ${classes[1]} * (pixel % kind.width));
}
fn spanOf(row : Row, tap : vec2i) -> Span {
  ${source}
  ${span}
  // Without a branch: drivers inline this for every row, and early returns multiply.
  let outside = ${outside};
  return Span(select(base, 0, outside), low, select(high, 0, outside));
}
fn resultOf(row : Row) -> i32 {
  return ((row.image * u.toHeight + row.y) * u.toWidth + row.x) * u.columns;
}`
}

/** Loops over the taps that a class sees, with `tap` and the number `segment` of the filter's run. */
function eachTap({ g, direction, runs }: Layout, body: string): string {
  const [kh, kw] = g.kernel
  if (runs) {
    return `for (var ky = 0; ky < ${kh}; ky++) { let tap = vec2i(ky, 0); let segment = ky;\n${body}\n}`
  }
  const [sy, sx] = direction === 'forward' ? [1, 1] : g.stride
  const first = (at: 'y' | 'x', i: 0 | 1) =>
    direction === 'forward' ? '0' : `(kind.${at} + ${g.padding[i]}) % ${g.stride[i]}`
  return `for (var ky = ${first('y', 0)}; ky < ${kh}; ky += ${sy}) { for (var kx = ${first('x', 1)}; kx < ${kw}; kx += ${sx}) {
    let tap = vec2i(ky, kx); let segment = ky * ${kw} + kx;
${body}
  } }`
}

/** Index of the filter's value for a reduction index `i` and column `n`. */
const filterIndex = ({ direction }: Layout, i: string, n: string) =>
  direction === 'forward'
    ? `(segment * u.inner + ${i}) * u.columns + ${n}`
    : `(segment * u.columns + ${n}) * u.inner + ${i}`

const prologue = (rows: number, columns: number) => `
  let z = i32(group.z);
  let split = z % u.splits;
  let from_ = split * u.chunk;
  let to_ = min(u.inner, from_ + u.chunk);
  let kind = classOf(z);
  let count = u.images * kind.height * kind.width;
  let across = (u.columns + ${columns - 1}) / ${columns};
  let tile = i32(group.y * groups.x + group.x);
  let firstRow = (tile / across) * ${rows};
  let firstColumn = (tile % across) * ${columns};
  if (firstRow >= count) { return; }`

const entry = (threads: string) => `
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u,
        @builtin(local_invocation_index) index : u32) {`

function quadCode(layout: Layout, { rows, columns, unroll }: QuadScheme): string {
  const { padded, runs, inner } = layout
  const guarded = runs || inner % (4 * unroll) !== 0
  const load = (r: number, d: number) => {
    const i = `i + ${4 * d} + lane`
    const at = `span${r}.base + ${i}`
    if (guarded) return `select(0f, source[max(${at}, 0)], (${i} >= span${r}.low) & (${i} < span${r}.high))`
    return padded ? `select(0f, source[${at}], span${r}.high > 0)` : `source[${at}]`
  }
  const turn = (d: number) => `{
      ${lines(rows, (r) => `let a${r} = ${load(r, d)};`)}
      ${lines(
        4,
        (q) => `{
        ${lines(columns, (c) => `let b${c} = filter_[${filterIndex(layout, `i + ${4 * d + q}`, `n${c}`)}];`)}
        ${lines(
          rows,
          (r) => `{ let a = quadBroadcast(a${r}, ${q}u);
        ${lines(columns, (c) => `sum${r}_${c} = fma(a, b${c}, sum${r}_${c});`)} }`,
        )}
      }`,
      )} }`
  const body = `
    ${lines(rows, (r) => `let span${r} = spanOf(row${r}, tap);`)}
    ${padded ? `if (${nested(times(rows).map((r) => `span${r}.high`))} == 0) { continue; }` : ''}
    for (var i = from_; i < to_; i += ${4 * unroll}) {
      ${lines(unroll, turn)}
    }`
  return `${entry('4')}
  let lane = i32(index);
  ${prologue(rows, 4 * columns)}
  ${lines(rows, (r) => `let row${r} = rowOf(min(firstRow + ${r}, count - 1), kind);`)}
  ${lines(columns, (c) => `let n${c} = min(firstColumn + ${4 * c} + lane, u.columns - 1);`)}
  ${lines(rows, (r) =>
    times(columns)
      .map((c) => `var sum${r}_${c} = 0f;`)
      .join(' '),
  )}
  ${eachTap(layout, body)}
  ${lines(
    rows,
    (r) => `if (firstRow + ${r} < count) {
    let to = split * u.size + resultOf(row${r});
    ${lines(columns, (c) => `if (firstColumn + ${4 * c} + lane < u.columns) { result[to + n${c}] = sum${r}_${c}; }`)}
  }`,
  )}
}`
}

/** max(a, max(b, …)) */
const nested = (values: readonly string[]): string =>
  values.reduce((rest, value) => (rest === '' ? value : `max(${value}, ${rest})`), '')

function registerCode(layout: Layout, { rows, vectors }: RegisterScheme): string {
  const { padded, runs, inner } = layout
  const guarded = runs || inner % 4 !== 0
  const [wide, high] = registerGroup
  const one = (r: number, q: number) =>
    `select(0f, source[max(span${r}.base + i + ${q}, 0)], (i + ${q} >= span${r}.low) & (i + ${q} < span${r}.high))`
  const load = (r: number) => {
    if (guarded)
      return `vec4f(${times(4)
        .map((q) => one(r, q))
        .join(', ')})`
    const four = times(4).map((q) => `source[span${r}.base + i + ${q}]`)
    return padded ? `select(vec4f(), vec4f(${four.join(', ')}), span${r}.high > 0)` : `vec4f(${four.join(', ')})`
  }
  const column = (v: number, c: number) => `min(n${v} + ${c}, u.columns - 1)`
  const panel = lines(4, (q) =>
    lines(vectors, (v) => {
      const four = times(4).map((c) => `filter_[${filterIndex(layout, `i + ${q}`, column(v, c))}]`)
      return `let b${q}_${v} = vec4f(${four.join(', ')});`
    }),
  )
  const body = `
    ${lines(rows, (r) => `let span${r} = spanOf(row${r}, tap);`)}
    ${padded ? `if (${nested(times(rows).map((r) => `span${r}.high`))} == 0) { continue; }` : ''}
    for (var i = from_; i < to_; i += 4) {
      ${lines(rows, (r) => `let a${r} = ${load(r)};`)}
      ${panel}
      ${lines(4, (q) => lines(rows, (r) => lines(vectors, (v) => `sum${r}_${v} = fma(vec4f(a${r}.${xyzw[q]}), b${q}_${v}, sum${r}_${v});`)))}
    }`
  return `${entry(`${wide}, ${high}`)}
  ${prologue(rows * high, 4 * vectors * wide)}
  let own = firstRow + i32(index) / ${wide} * ${rows};
  let left = firstColumn + i32(index) % ${wide} * ${4 * vectors};
  if (own >= count || left >= u.columns) { return; }
  ${lines(rows, (r) => `let row${r} = rowOf(min(own + ${r}, count - 1), kind);`)}
  ${lines(vectors, (v) => `let n${v} = left + ${4 * v};`)}
  ${lines(rows, (r) =>
    times(vectors)
      .map((v) => `var sum${r}_${v} = vec4f();`)
      .join(' '),
  )}
  ${eachTap(layout, body)}
  ${lines(
    rows,
    (r) => `if (own + ${r} < count) {
    let to = split * u.size + resultOf(row${r});
    ${lines(vectors, (v) => lines(4, (c) => `if (n${v} + ${c} < u.columns) { result[to + n${v} + ${c}] = sum${r}_${v}.${xyzw[c]}; }`))}
  }`,
  )}
}`
}

function tileCode(layout: Layout, scheme: TileScheme): string {
  const { rows, columns, depth, threadRows, threadColumns } = scheme
  const threads = threadsOf(scheme)
  const rowQuads = (rows / 4) * depth
  const columnQuads = (columns / 4) * depth
  const loads = Math.ceil(rowQuads / threads)
  const [tr, tc] = [threadRows / 4, threadColumns / 4]
  const own = (l: number) => `(i32(index) + ${l * threads})`
  const value = (l: number, c: number) => `loaded(span${l}_${c}, i + ${own(l)} % ${depth})`
  const guard = (l: number, total: number, code: string) =>
    (l + 1) * threads <= total ? `{ ${code} }` : `if (${own(l)} < ${total}) { ${code} }`
  const body = `
    ${lines(loads, (l) => lines(4, (c) => `let span${l}_${c} = spanOf(row${l}_${c}, tap);`))}
    for (var i = from_; i < to_; i += ${depth}) {
      workgroupBarrier();
      ${lines(loads, (l) =>
        guard(
          l,
          rowQuads,
          `panelA[(${own(l)} % ${depth}) * ${rows / 4} + ${own(l)} / ${depth}] = vec4f(${times(4)
            .map((c) => value(l, c))
            .join(', ')});`,
        ),
      )}
      ${lines(Math.ceil(columnQuads / threads), (l) => guard(l, columnQuads, filterLoad(l)))}
      workgroupBarrier();
      for (var k = 0; k < ${depth}; k++) {
        ${lines(tr, (r) => `let a${r} = panelA[k * ${rows / 4} + down * ${tr} + ${r}];`)}
        ${lines(tc, (c) => `let b${c} = panelB[k * ${columns / 4} + right * ${tc} + ${c}];`)}
        ${lines(threadRows, (r) => lines(tc, (c) => `sum${r}_${c} = fma(vec4f(a${r >> 2}.${xyzw[r % 4]}), b${c}, sum${r}_${c});`))}
      }
    }`
  function filterLoad(l: number): string {
    // Threads that are neighbours read neighbours: along the columns forward, along the reduction backward.
    const forward = layout.direction === 'forward'
    const k = forward ? `${own(l)} / ${columns / 4}` : `${own(l)} % ${depth}`
    const n = forward ? `${own(l)} % ${columns / 4}` : `${own(l)} / ${depth}`
    const values = times(4).map((c) => `filtered(segment, i + k, firstColumn + 4 * n + ${c}, to_)`)
    return `let k = ${k}; let n = ${n}; panelB[k * ${columns / 4} + n] = vec4f(${values.join(', ')});`
  }
  return `
var<workgroup> panelA : array<vec4f, ${rowQuads}>;
var<workgroup> panelB : array<vec4f, ${columnQuads}>;
fn loaded(span : Span, i : i32) -> f32 {
  if (i < span.low || i >= span.high) { return 0; }
  return source[span.base + i];
}
fn filtered(segment : i32, i : i32, n : i32, to_ : i32) -> f32 {
  if (i >= to_ || n >= u.columns) { return 0; }
  return filter_[${filterIndex(layout, 'i', 'n')}];
}
${entry(String(threads))}
  ${prologue(rows, columns)}
  let down = i32(index) / ${columns / threadColumns};
  let right = i32(index) % ${columns / threadColumns};
  ${lines(loads, (l) => lines(4, (c) => `let row${l}_${c} = rowOf(min(firstRow + 4 * (${own(l)} / ${depth}) + ${c}, count - 1), kind);`))}
  ${lines(threadRows, (r) =>
    times(tc)
      .map((c) => `var sum${r}_${c} = vec4f();`)
      .join(' '),
  )}
  ${eachTap(layout, body)}
  ${lines(
    threadRows,
    (r) => `{ let m = firstRow + down * ${threadRows} + ${r};
    if (m < count) {
      let to = split * u.size + resultOf(rowOf(m, kind));
      ${lines(tc, (c) => lines(4, (v) => `{ let n = firstColumn + right * ${threadColumns} + ${4 * c + v}; if (n < u.columns) { result[to + n] = sum${r}_${c}.${xyzw[v]}; } }`))}
    } }`,
  )}
}`
}

/** The program of a direction in a scheme. Its code depends on the geometry's kernel, stride and padding, not on its sizes. */
export function gatherProgram(g: Geometry, direction: Direction, { scheme }: Variant): Program {
  const layout = layoutOf(g, direction)
  const { runs, padded } = layout
  const uneven = layout.inner % stepOf(scheme) !== 0
  const flags = [runs && `runs${g.inputs}`, padded && 'padded', uneven && 'uneven'].filter(Boolean).join()
  const code = rowCode(layout, scheme.kind !== 'tile')
  return {
    key: `conv-${direction}:${geometryKey(g)}:${flags}:${schemeName(scheme)}`,
    outputs: { result: 'f32' },
    inputs: { source: 'f32', filter_: 'f32' },
    uniforms,
    ...(scheme.kind === 'quad' ? { enable: ['subgroups'] } : {}),
    code:
      code +
      (scheme.kind === 'quad'
        ? quadCode(layout, scheme)
        : scheme.kind === 'register'
          ? registerCode(layout, scheme)
          : tileCode(layout, scheme)),
  }
}

const multipleOf = (n: number, step: number) => Math.ceil(n / step) * step

/** Uniforms and workgroups of a dispatch; `parts` results of the same size come out, to be added. */
export function gatherDispatch(g: Geometry, direction: Direction, { scheme, splits }: Variant) {
  const layout = layoutOf(g, direction)
  const { inner, columns, classes } = layout
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
    uniforms: [g.images, height, width, toHeight, toWidth, columns, inner, chunk, parts, size],
    workgroups: [...spread(tiles), parts * classes[0] * classes[1]] as const,
  }
}
