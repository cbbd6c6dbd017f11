/**
 * The products of `gather.ts` for vector schemes. All that depends on a row is computed once: where it reads at the first tap,
 * and a mask of the taps that lie on the image. A tap then costs one addition for all rows.
 */
import type { VectorScheme } from '../schemes.ts'
import { type Layout, prologue, rowCode } from './gather-layout.ts'
import type { VectorPanel, VectorProduct } from './vector-product.ts'

/** Rows and columns of the filter that one pixel sees at most. */
const tapsOf = ({ g, direction }: Layout) =>
  g.kernel.map((size, i) => (direction === 'forward' ? size : Math.ceil(size / g.stride[i])))

/** WGSL function that gives a row's place in the source. */
function startCode(layout: Layout): string {
  const { g, direction, padded, wholeTaps } = layout
  const [[sy, sx], [py, px]] = [g.stride, g.padding]
  const [down, across] = tapsOf(layout)
  const forward = direction === 'forward'
  const sign = forward ? '+' : '-'
  // The gradient's numerators are multiples of the stride and not negative.
  const pixel = forward
    ? `let y = row.y * ${sy} - ${py}; let x = row.x * ${sx} - ${px};`
    : `let y = (row.y + ${py} - (kind.y + ${py}) % ${sy}) / ${sy}; let x = (row.x + ${px} - (kind.x + ${px}) % ${sx}) / ${sx};`
  const mask = padded
    ? `for (var j = 0; j < ${across}; j++) { mask |= select(0u, 1u << u32(j), x ${sign} j >= 0 && x ${sign} j < u.width); }
  for (var j = 0; j < ${down}; j++) { mask |= select(0u, 65536u << u32(j), y ${sign} j >= 0 && y ${sign} j < u.height); }`
    : ''
  return `
/** The first vec4 that a row reads at the first tap, and a bit for each column (from bit 0) and row (from bit 16) of the filter
    that lies on the image. */
struct Start { at : i32, mask : u32 }
fn startOf(row : Row, kind : Class) -> Start {
  ${pixel}
  var mask = 0u;
  ${mask}
  return Start(((row.image * u.height + y) * u.width + x) * ${wholeTaps ? '1' : '(u.inner / 4)'}, mask);
}`
}

/** Rows that are the source's pixels, in the same order. */
const isPlain = ({ g, padded, wholeTaps, classes }: Layout): boolean =>
  !wholeTaps && !padded && [...g.kernel, ...g.stride, ...classes].every((size) => size === 1)

function leftOf(layout: Layout): VectorPanel {
  const own = layout.wholeTaps ? '' : ' + place4'
  const start = (line: string) => `startOf(rowOf(min(${line}, count - 1), kind), kind)`
  if (isPlain(layout)) {
    return {
      neighbors: 'reduction',
      declare: (id, line) => `let at${id} = min(${line}, count - 1) * depth4${own};`,
      load: (id) => `source[at${id} + shift]`,
    }
  }
  const declare = (id: string, line: string) => `let start${id} = ${start(line)}; let at${id} = start${id}.at${own};`
  if (!layout.padded) return { neighbors: 'reduction', declare, load: (id) => `source[at${id} + shift]` }
  const inside = (id: string) => `(start${id}.mask & tap) == tap`
  return { neighbors: 'reduction', declare, load: (id) => `source[select(0, at${id} + shift, ${inside(id)})]`, inside }
}

function rightOf({ direction, wholeTaps, g }: Layout): VectorPanel {
  if (direction === 'input-gradient') {
    return {
      neighbors: 'reduction',
      declare: (id, line) => `let n${id} = min(${line}, u.columns - 1) * depth4 + place4;`,
      load: (id) => `filter_[filterAt + n${id}]`,
    }
  }
  const declare = (id: string, line: string) => `let n${id} = min(${line}, columns4 - 1);`
  const rows = 4 * g.kernel[0] * g.kernel[1]
  if (!wholeTaps) {
    return {
      neighbors: 'lines',
      declare: (id, line) => `${declare(id, line)} let f${id} = place * columns4 + n${id};`,
      load: (id) => `filter_[filterAt + f${id}]`,
    }
  }
  return {
    neighbors: 'lines',
    declare,
    load: (id) => `filter_[min(filterRow, ${rows - 1}) * columns4 + n${id}]`,
    inside: () => `filterRow < ${rows}`,
  }
}

/** What follows from the tap: the way to it in the source, its bits in a mask, and where the filter has its values. */
function atTap({ g, direction }: Layout): string {
  const [[, kw], [sy, sx]] = [g.kernel, g.stride]
  const forward = direction === 'forward'
  const segment = forward ? `tapY * ${kw} + tapX` : `(firstKy + ${sy} * tapY) * ${kw} + firstKx + ${sx} * tapX`
  return `
  shift = from4 ${forward ? '+' : '-'} (tapY * u.width + tapX) * depth4;
  tap = (1u << u32(tapX)) | (65536u << u32(tapY));
  filterAt = ${forward ? `((${segment}) * u.inner + from_) * columns4` : `(${segment}) * u.columns * depth4 + from4`};`
}

/** The reduction runs over taps and, innermost, channels. */
function tapLoop(layout: Layout): Pick<VectorProduct, 'begin' | 'advance'> {
  const { g, direction } = layout
  const [[kh, kw], [sy, sx], [py, px]] = [g.kernel, g.stride, g.padding]
  const forward = direction === 'forward'
  const taps = forward
    ? `let tapsDown = ${kh}; let tapsAcross = ${kw};`
    : `let firstKy = (kind.y + ${py}) % ${sy}; let firstKx = (kind.x + ${px}) % ${sx};
  let tapsDown = (${kh + sy - 1} - firstKy) / ${sy}; let tapsAcross = (${kw + sx - 1} - firstKx) / ${sx};`
  const nextChannels = (depth: number) =>
    `shift += ${depth / 4}; filterAt += ${forward ? `${depth} * columns4` : depth / 4};`
  return {
    begin: ({ depth }) => `
  let depth4 = u.inner / 4;
  let columns4 = u.columns / 4;
  let from4 = from_ / 4;
  ${taps}
  let perTap = (to_ - from_) / ${depth};
  let steps = tapsDown * tapsAcross * perTap;
  var left = perTap;
  var tapY = 0; var tapX = 0;
  var shift = 0; var tap = 0u; var filterAt = 0;
  ${atTap(layout)}`,
    advance: ({ depth }) =>
      kh * kw === 1
        ? nextChannels(depth)
        : `left--;
        if (left > 0) { ${nextChannels(depth)} } else {
          left = perTap;
          tapX++;
          if (tapX == tapsAcross) { tapX = 0; tapY++; }
          ${atTap(layout)}
        }`,
  }
}

/** Every thread has its own tap, a vec4 of the reduction. The filter's rows are the reduction's steps. */
function wholeTapLoop({ g }: Layout): Pick<VectorProduct, 'begin' | 'advance'> {
  const [kh, kw] = g.kernel
  const taps = ({ depth }: VectorScheme) => depth / 4
  const atTap = `shift = tapY * u.width + tapX;
  tap = (1u << u32(tapX)) | (65536u << u32(tapY));`
  return {
    begin: (scheme) => `
  let columns4 = u.columns / 4;
  let steps = ${Math.ceil((kh * kw) / taps(scheme))};
  var tapY = place4 / ${kw}; var tapX = place4 % ${kw};
  var filterRow = place;
  var shift = 0; var tap = 0u;
  ${atTap}`,
    advance: (scheme) => `
        filterRow += ${scheme.depth};
        tapY += ${Math.floor(taps(scheme) / kw)}; tapX += ${taps(scheme) % kw};
        if (tapX >= ${kw}) { tapX -= ${kw}; tapY++; }
        ${atTap}`,
  }
}

/** The product of a layout whose channels a vector scheme can load (`runs` in `schemes.ts`). */
export function gatherVectors(layout: Layout): VectorProduct {
  const many = layout.classes[0] * layout.classes[1] > 1
  return {
    functions: `${rowCode(layout, false)}${isPlain(layout) ? '' : startCode(layout)}`,
    prologue,
    rows: 'count',
    ...(layout.wholeTaps ? wholeTapLoop(layout) : tapLoop(layout)),
    left: leftOf(layout),
    right: rightOf(layout),
    resultAt: (m) => (many ? `resultOf(rowOf(${m}, kind)) / 4` : `${m} * (u.columns / 4)`),
  }
}
