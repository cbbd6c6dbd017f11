/**
 * Filter gradient of a convolution as a matrix product. A row is an input channel at a tap of the filter (where whole rows
 * of the filter are read, a tap of a row and its channel); a column is an output channel. The reduction runs over the pixels
 * of the result whose tap does not fall on padding.
 */
import type { Program } from '../../program.ts'
import { hasPanels, schemeName, tileOf, type Variant } from '../schemes.ts'
import { lines, repeated, spread, times } from '../text.ts'
import { type Layout, layoutOf, prologue, uniforms } from './filter-layout.ts'
import { filterVectors } from './filter-vector.ts'
import { type Geometry, geometryKey, isPadded } from './geometry.ts'
import type { Loops, Product } from './product.ts'
import { productCode } from './schemes/product-code.ts'
import { vectorCode } from './schemes/vector.ts'

/** Steps of an iteration: images. */
const step = 4

/**
 * Loops over the pixels whose tap lies on the image, and at each over all images, four per iteration. Neighbors in the
 * reduction are then a constant distance apart, without a division. In `turn`, `sourceAtD` is where the
 * source's run of step D begins, `gradientAtD` where the gradient's does, and `thereD` whether the image exists.
 */
function eachPixel({ g, runs }: Layout, { turn, part }: Loops): string {
  const [sy, sx] = g.stride
  const [py, px] = g.padding
  const channels = runs ? `${g.inputs}` : 'u.inner'
  const uneven = g.images % step !== 0
  const image = (d: number) => (uneven ? `min(image + ${d}, u.images - 1)` : `(image + ${d})`)
  const atImages = `
      ${lines(
        step,
        (d) => `let sourceAt${d} = (${image(d)} * u.height + y) * width + left;
      let gradientAt${d} = (${image(d)} * u.outHeight * u.outWidth + pixel) * u.columns;
      ${uneven ? `let there${d} = image + ${d} < u.images;` : ''}`,
      )}
      ${turn}`
  const atPixel = `
    let y = pixel / u.outWidth * ${sy} + ky - ${py};
    let x = pixel % u.outWidth * ${sx} + kx - ${px};
    if (y < 0 || y >= u.height${runs ? '' : ' || x < 0 || x >= u.width'}) { continue; }
    let left = x * ${channels};
    let width = u.width * ${channels};
    ${part(repeated('image', '0', `${step}`, 'u.images', atImages))}`
  return `
  let last = min(u.outHeight * u.outWidth, (split + 1) * u.chunk);
  ${repeated('pixel', 'split * u.chunk', '1', 'last', atPixel)}`
}

/** A value of the source at run index `i` and a step; 0 on padding and beyond the last image. */
function loaded({ runs }: Layout, uneven: boolean, i: string, step: string): string {
  const conditions = [
    ...(runs ? [`(left + ${i} >= 0)`, `(left + ${i} < width)`] : []),
    ...(uneven ? [`there${step}`] : []),
  ]
  const value = runs ? `source[max(sourceAt${step} + ${i}, 0)]` : `source[sourceAt${step} + ${i}]`
  return conditions.length > 0 ? `select(0f, ${value}, ${conditions.join(' & ')})` : value
}

function panelsOf({ g, runs }: Layout): Product['panels'] {
  const channels = runs ? `${g.inputs}` : 'u.inner'
  const inside = runs
    ? `let place = vec4i(left) + vec4i(0, 1, 2, 3);
  let inside = (place >= vec4i(0)) & (place < vec4i(u.width * ${channels}));`
    : 'let inside = vec4i(i) + vec4i(0, 1, 2, 3) < vec4i(u.inner);'
  return {
    functions: `
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
  ${inside}
  return select(vec4f(), vec4f(${times(4).map((c) => `source[max(base + ${c}, 0)]`)}), inside);
}
/** Four columns of the gradient. */
fn loadB(pixel : i32, last : i32, n : i32) -> vec4f {
  if (pixel >= last) { return vec4f(); }
  let inside = vec4i(n) + vec4i(0, 1, 2, 3) < vec4i(u.columns);
  let base = pixel * u.columns + n;
  return select(vec4f(), vec4f(${times(4).map((c) => `gradient[base + ${c}]`)}), inside);
}`,
    row: () => '',
    loops: (step, _, turn) => `let last = min(u.images * u.outHeight * u.outWidth, (split + 1) * u.chunk);
  for (var p = split * u.chunk; p < last; p += ${step}) {${turn}
  }`,
    left: { neighbors: 'lines', four: (k, quad) => `loadA(p + ${k}, last, firstRow + 4 * ${quad}, ky, kx)` },
    right: { neighbors: 'lines', four: (k, quad) => `loadB(p + ${k}, last, firstColumn + 4 * ${quad})` },
  }
}

/** Up to so many products are added to one total, four at a time. With more, each pixel's products are summed first. */
const longestSum = 2048

const isApart = ({ images, outHeight, outWidth }: Geometry, splits: number): boolean =>
  images * Math.ceil((outHeight * outWidth) / splits) > longestSum

function productOf(layout: Layout, splits: number): Product {
  const uneven = layout.g.images % step !== 0
  const vector = (r: number, step: string) => `source[(sourceAt${step} + i${r}) >> 2u]`
  return {
    functions: '',
    prologue: (rows, columns) => prologue(layout, rows, columns),
    rows: 'u.inner',
    left: {
      neighbors: 'rows',
      row: (r, index) => `let i${r} = min(${index}, u.inner - 1);`,
      value: (r, step) => loaded(layout, uneven, `i${r}`, step),
    },
    right: (n, step) => `gradient[gradientAt${step} + ${n}]`,
    vectors: {
      left: (r, step) => (uneven ? `select(vec4f(), ${vector(r, step)}, there${step})` : vector(r, step)),
      right: { neighbors: 'columns', load: (n, step) => `gradient[(gradientAt${step} + ${n}) >> 2u]` },
    },
    apart: isApart(layout.g, splits),
    loops: (loops) => eachPixel(layout, loops),
    panels: panelsOf(layout),
    resultAt: (index) => `(segment * u.inner + ${index}) * u.columns`,
  }
}

const half = { reads: ['source', 'gradient'] }

/**
 * The program in a scheme. Its code depends on the geometry's kernel, stride and padding. Where it depends on sizes, the key has a flag
 * for it.
 */
export function filterProgram(g: Geometry, { scheme, splits }: Variant): Program {
  const layout = layoutOf(g, scheme)
  const key = (...flags: readonly (string | false)[]) =>
    `conv-filter-gradient:${geometryKey(g)}:${flags.filter(Boolean).join()}:${schemeName(scheme)}`
  if (scheme.kind === 'vector') {
    const padded = isPadded(g)
    return {
      key: key(layout.wholeTaps && 'taps', padded && 'padded'),
      outputs: { result: 'vec4f' },
      inputs: { source: 'vec4f', gradient: 'vec4f' },
      uniforms,
      half,
      code: vectorCode(filterVectors(layout, padded), scheme),
    }
  }
  const uneven = scheme.kind !== 'tile' && g.images % step !== 0
  const type = scheme.kind === 'vector-quad' ? 'vec4f' : 'f32'
  return {
    key: key(
      layout.runs && `runs${g.inputs}`,
      uneven && 'uneven',
      scheme.kind !== 'tile' && isApart(g, splits) && 'apart',
    ),
    outputs: { result: type },
    inputs: { source: type, gradient: type },
    uniforms,
    half,
    ...productCode(productOf(layout, splits), scheme),
  }
}

/** Uniforms and workgroups of a dispatch, which writes `parts` results of the same size, to be added. */
export function filterDispatch(g: Geometry, { scheme, splits }: Variant) {
  const { inner, segments } = layoutOf(g, scheme)
  const pixels = g.outHeight * g.outWidth * (hasPanels(scheme) ? g.images : 1)
  const chunk = Math.ceil(pixels / splits)
  const parts = Math.ceil(pixels / chunk)
  const tile = tileOf(scheme)
  const tiles = segments * Math.ceil(inner / tile.rows) * Math.ceil(g.outputs / tile.columns)
  const size = segments * inner * g.outputs
  return {
    parts,
    uniforms: {
      images: g.images,
      height: g.height,
      width: g.width,
      outHeight: g.outHeight,
      outWidth: g.outWidth,
      inner,
      columns: g.outputs,
      chunk,
      size,
    },
    workgroups: [...spread(tiles), parts] as const,
  }
}
