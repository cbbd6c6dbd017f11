/**
 * Gradient of a convolution by its filter as a matrix product: a row is an input channel at a tap of the filter
 * (the stem's rows run over taps and channels alike), a column an output channel, and the reduction runs over the
 * pixels of the result, of which only those are visited whose tap does not fall on padding.
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
import { type Geometry, geometryKey, readsRows } from './geometry.ts'

const uniforms = {
  images: 'i32',
  height: 'i32',
  width: 'i32',
  outHeight: 'i32',
  outWidth: 'i32',
  /** Rows of the product at one segment of the filter, and its columns. */
  inner: 'i32',
  columns: 'i32',
  /** Lines of the result (pixels, where panels are used) that one split reduces. */
  chunk: 'i32',
  /** Values of the filter, between the results of splits. */
  size: 'i32',
} as const

interface Layout {
  readonly g: Geometry
  readonly runs: boolean
  /** Rows at one segment, and segments: taps, or rows of taps. */
  readonly inner: number
  readonly segments: number
}

function layoutOf(g: Geometry): Layout {
  const runs = readsRows(g)
  const [kh, kw] = g.kernel
  return { g, runs, inner: runs ? kw * g.inputs : g.inputs, segments: runs ? kh : kh * kw }
}

const prologue = ({ g, runs }: Layout, rows: number, columns: number) => `
  let split = i32(group.z);
  let across = (u.columns + ${columns - 1}) / ${columns};
  let down_ = (u.inner + ${rows - 1}) / ${rows};
  let tile = i32(group.y * groups.x + group.x);
  let segment = tile / (across * down_);
  let firstRow = (tile / across) % down_ * ${rows};
  let firstColumn = tile % across * ${columns};
  if (segment >= ${runs ? g.kernel[0] : g.kernel[0] * g.kernel[1]}) { return; }
  let ky = ${runs ? 'segment' : `segment / ${g.kernel[1]}`};
  let kx = ${runs ? '0' : `segment % ${g.kernel[1]}`};`

const entry = (threads: string) => `
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group : vec3u, @builtin(num_workgroups) groups : vec3u,
        @builtin(local_invocation_index) index : u32) {`

/**
 * Visits the pixels whose tap lies on the image, and at each all images, `step` a turn: neighbours in the reduction
 * are then a constant distance apart and nothing needs dividing. In `body`, `a` is where the source's run begins,
 * `b` where the gradient's does, and `there` whether the image exists.
 */
function eachPixel({ g, runs }: Layout, step: number, body: (d: number) => string): string {
  const [sy, sx] = g.stride
  const [py, px] = g.padding
  const channels = runs ? `${g.inputs}` : 'u.inner'
  const uneven = g.images % step !== 0
  const image = (d: number) => (uneven ? `min(image + ${d}, u.images - 1)` : `(image + ${d})`)
  return `
  let last = min(u.outHeight * u.outWidth, (split + 1) * u.chunk);
  for (var pixel = split * u.chunk; pixel < last; pixel++) {
    let y = pixel / u.outWidth * ${sy} + ky - ${py};
    let x = pixel % u.outWidth * ${sx} + kx - ${px};
    if (y < 0 || y >= u.height${runs ? '' : ' || x < 0 || x >= u.width'}) { continue; }
    let left = x * ${channels};
    let width = u.width * ${channels};
    for (var image = 0; image < u.images; image += ${step}) {
      ${lines(
        step,
        (d) => `{
      let a = (${image(d)} * u.height + y) * width + left;
      let b = (${image(d)} * u.outHeight * u.outWidth + pixel) * u.columns;
      ${uneven ? `let there = image + ${d} < u.images;` : ''}
      ${body(d)} }`,
      )}
    }
  }`
}

/** A value of the source at run index `i`; 0 on padding and where there is no image. */
function loaded({ runs }: Layout, uneven: boolean, i: string): string {
  const conditions = [...(runs ? [`(left + ${i} >= 0)`, `(left + ${i} < width)`] : []), ...(uneven ? ['there'] : [])]
  const value = runs ? `source[max(a + ${i}, 0)]` : `source[a + ${i}]`
  return conditions.length > 0 ? `select(0f, ${value}, ${conditions.join(' & ')})` : value
}

function quadCode(layout: Layout, scheme: QuadScheme): string {
  const { rows, columns } = scheme
  const step = stepOf(scheme)
  const uneven = layout.g.images % step !== 0
  const body = () => `
      ${lines(rows / 4, (r) => `let a${r} = ${loaded(layout, uneven, `i${r}`)};`)}
      ${lines(columns, (c) => `let b${c} = gradient[b + n${c}];`)}
      ${lines(
        rows,
        (r) => `{ let v = quadBroadcast(a${r >> 2}, ${r % 4}u);
      ${lines(columns, (c) => `sum${r}_${c} = fma(v, b${c}, sum${r}_${c});`)} }`,
      )}`
  return `${entry('4')}
  let lane = i32(index);
  ${prologue(layout, rows, 4 * columns)}
  ${lines(rows / 4, (r) => `let i${r} = min(firstRow + ${4 * r} + lane, u.inner - 1);`)}
  ${lines(columns, (c) => `let n${c} = min(firstColumn + ${4 * c} + lane, u.columns - 1);`)}
  ${lines(rows, (r) =>
    times(columns)
      .map((c) => `var sum${r}_${c} = 0f;`)
      .join(' '),
  )}
  ${eachPixel(layout, step, body)}
  ${lines(
    rows,
    (r) => `if (firstRow + ${r} < u.inner) {
    let to = split * u.size + (segment * u.inner + firstRow + ${r}) * u.columns;
    ${lines(columns, (c) => `if (firstColumn + ${4 * c} + lane < u.columns) { result[to + n${c}] = sum${r}_${c}; }`)}
  }`,
  )}
}`
}

function registerCode(layout: Layout, scheme: RegisterScheme): string {
  const { rows, vectors } = scheme
  const step = stepOf(scheme)
  const uneven = layout.g.images % step !== 0
  const [wide, high] = registerGroup
  const body = () => `
      ${lines(rows, (r) => `let a${r} = ${loaded(layout, uneven, `i${r}`)};`)}
      ${lines(vectors, (v) => `let b${v} = vec4f(${times(4).map((c) => `gradient[b + min(n${v} + ${c}, u.columns - 1)]`)});`)}
      ${lines(rows, (r) => lines(vectors, (v) => `sum${r}_${v} = fma(vec4f(a${r}), b${v}, sum${r}_${v});`))}`
  return `${entry(`${wide}, ${high}`)}
  ${prologue(layout, rows * high, 4 * vectors * wide)}
  let own = firstRow + i32(index) / ${wide} * ${rows};
  let first = firstColumn + i32(index) % ${wide} * ${4 * vectors};
  if (own >= u.inner || first >= u.columns) { return; }
  ${lines(rows, (r) => `let i${r} = min(own + ${r}, u.inner - 1);`)}
  ${lines(vectors, (v) => `let n${v} = first + ${4 * v};`)}
  ${lines(rows, (r) =>
    times(vectors)
      .map((v) => `var sum${r}_${v} = vec4f();`)
      .join(' '),
  )}
  ${eachPixel(layout, step, body)}
  ${lines(
    rows,
    (r) => `if (own + ${r} < u.inner) {
    let to = split * u.size + (segment * u.inner + own + ${r}) * u.columns;
    ${lines(vectors, (v) => lines(4, (c) => `if (n${v} + ${c} < u.columns) { result[to + n${v} + ${c}] = sum${r}_${v}.${xyzw[c]}; }`))}
  }`,
  )}
}`
}

function tileCode(layout: Layout, scheme: TileScheme): string {
  const { g, runs } = layout
  const { rows, columns, depth, threadRows, threadColumns } = scheme
  const threads = threadsOf(scheme)
  const rowQuads = (rows / 4) * depth
  const columnQuads = (columns / 4) * depth
  const [tr, tc] = [threadRows / 4, threadColumns / 4]
  const own = (l: number) => `(i32(index) + ${l * threads})`
  const guard = (l: number, total: number, code: string) =>
    (l + 1) * threads <= total ? `{ ${code} }` : `if (${own(l)} < ${total}) { ${code} }`
  const channels = runs ? `${g.inputs}` : 'u.inner'
  return `
var<workgroup> panelA : array<vec4f, ${rowQuads}>;
var<workgroup> panelB : array<vec4f, ${columnQuads}>;
/** Four rows of the source at a pixel of the result. */
fn loadA(pixel : i32, last : i32, i : i32, ky : i32, kx : i32) -> vec4f {
  if (pixel >= last) { return vec4f(); }
  let image = pixel / (u.outHeight * u.outWidth);
  let at = pixel % (u.outHeight * u.outWidth);
  let y = at / u.outWidth * ${g.stride[0]} + ky - ${g.padding[0]};
  let x = at % u.outWidth * ${g.stride[1]} + kx - ${g.padding[1]};
  if (y < 0 || y >= u.height${runs ? '' : ' || x < 0 || x >= u.width'}) { return vec4f(); }
  let left = x * ${channels} + i;
  let base = (image * u.height + y) * u.width * ${channels} + left;
  ${
    runs
      ? `let place = vec4i(left) + vec4i(0, 1, 2, 3);
  let inside = (place >= vec4i(0)) & (place < vec4i(u.width * ${channels}));`
      : 'let inside = vec4i(i) + vec4i(0, 1, 2, 3) < vec4i(u.inner);'
  }
  return select(vec4f(), vec4f(${times(4).map((c) => `source[max(base + ${c}, 0)]`)}), inside);
}
/** Four columns of the gradient. */
fn loadB(pixel : i32, last : i32, n : i32) -> vec4f {
  if (pixel >= last) { return vec4f(); }
  let inside = vec4i(n) + vec4i(0, 1, 2, 3) < vec4i(u.columns);
  let base = pixel * u.columns + n;
  return select(vec4f(), vec4f(${times(4).map((c) => `gradient[base + ${c}]`)}), inside);
}
${entry(String(threads))}
  ${prologue(layout, rows, columns)}
  let last = min(u.images * u.outHeight * u.outWidth, (split + 1) * u.chunk);
  let down = i32(index) / ${columns / threadColumns};
  let right = i32(index) % ${columns / threadColumns};
  ${lines(threadRows, (r) =>
    times(tc)
      .map((c) => `var sum${r}_${c} = vec4f();`)
      .join(' '),
  )}
  for (var p = split * u.chunk; p < last; p += ${depth}) {
    workgroupBarrier();
    ${lines(Math.ceil(rowQuads / threads), (l) =>
      guard(
        l,
        rowQuads,
        `let k = ${own(l)} / ${rows / 4}; let q = ${own(l)} % ${rows / 4}; panelA[k * ${rows / 4} + q] = loadA(p + k, last, firstRow + 4 * q, ky, kx);`,
      ),
    )}
    ${lines(Math.ceil(columnQuads / threads), (l) =>
      guard(
        l,
        columnQuads,
        `let k = ${own(l)} / ${columns / 4}; let q = ${own(l)} % ${columns / 4}; panelB[k * ${columns / 4} + q] = loadB(p + k, last, firstColumn + 4 * q);`,
      ),
    )}
    workgroupBarrier();
    for (var k = 0; k < ${depth}; k++) {
      ${lines(tr, (r) => `let a${r} = panelA[k * ${rows / 4} + down * ${tr} + ${r}];`)}
      ${lines(tc, (c) => `let b${c} = panelB[k * ${columns / 4} + right * ${tc} + ${c}];`)}
      ${lines(threadRows, (r) => lines(tc, (c) => `sum${r}_${c} = fma(vec4f(a${r >> 2}.${xyzw[r % 4]}), b${c}, sum${r}_${c});`))}
    }
  }
  ${lines(
    threadRows,
    (r) => `{ let i = firstRow + down * ${threadRows} + ${r};
    if (i < u.inner) {
      let to = split * u.size + (segment * u.inner + i) * u.columns;
      ${lines(tc, (c) => lines(4, (v) => `{ let n = firstColumn + right * ${threadColumns} + ${4 * c + v}; if (n < u.columns) { result[to + n] = sum${r}_${c}.${xyzw[v]}; } }`))}
    } }`,
  )}
}`
}

/** The program in a scheme; its code depends on the geometry's kernel, stride and padding, not on its sizes. */
export function filterProgram(g: Geometry, { scheme }: Variant): Program {
  const layout = layoutOf(g)
  const uneven = scheme.kind !== 'tile' && g.images % stepOf(scheme) !== 0
  const flags = [layout.runs && `runs${g.inputs}`, uneven && 'uneven'].filter(Boolean).join()
  return {
    key: `conv-filter-gradient:${geometryKey(g)}:${flags}:${schemeName(scheme)}`,
    outputs: { result: 'f32' },
    inputs: { source: 'f32', gradient: 'f32' },
    uniforms,
    ...(scheme.kind === 'quad' ? { enable: ['subgroups'] } : {}),
    code:
      scheme.kind === 'quad'
        ? quadCode(layout, scheme)
        : scheme.kind === 'register'
          ? registerCode(layout, scheme)
          : tileCode(layout, scheme),
  }
}

/** Uniforms and workgroups of a dispatch; `parts` results of the same size come out, to be added. */
export function filterDispatch(g: Geometry, { scheme, splits }: Variant) {
  const { inner, segments } = layoutOf(g)
  const pixels = g.outHeight * g.outWidth * (scheme.kind === 'tile' ? g.images : 1)
  const chunk = Math.ceil(pixels / splits)
  const parts = Math.ceil(pixels / chunk)
  const tile = tileOf(scheme)
  const tiles = segments * Math.ceil(inner / tile.rows) * Math.ceil(g.outputs / tile.columns)
  const size = segments * inner * g.outputs
  return {
    parts,
    uniforms: [g.images, g.height, g.width, g.outHeight, g.outWidth, inner, g.outputs, chunk, size],
    workgroups: [...spread(tiles), parts] as const,
  }
}
