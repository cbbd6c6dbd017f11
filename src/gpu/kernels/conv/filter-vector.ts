/** The filter gradient's product for vector schemes. A thread follows one pixel of each panel, without a division. */
import type { VectorScheme } from '../schemes.ts'
import { type Layout, prologue } from './filter-layout.ts'
import type { VectorPanel, VectorProduct } from './vector-product.ts'

/** Pixels of the source that are the result's pixels, in the same order. */
const isPlain = ({ g, wholeTaps }: Layout, padded: boolean): boolean =>
  !wholeTaps &&
  !padded &&
  [...g.kernel, ...g.stride].every((size) => size === 1) &&
  g.height === g.outHeight &&
  g.width === g.outWidth

/** With `&`: of `&&`, SwiftShader makes branches, and takes 24 GB and minutes to compile eight loads behind them. */
const onImage = (y: string, x: string) => `(${y} >= 0) & (${y} < u.height) & (${x} >= 0) & (${x} < u.width)`

/** Declares a thread's pixel of the result and, unless it is the source's pixel, the place in the source of the first tap. */
function firstPixel({ g, wholeTaps }: Layout, plain: boolean, { depth }: VectorScheme): string {
  const [[sy, sx], [py, px]] = [g.stride, g.padding]
  const pixel = `
  let begin = split * u.chunk;
  let end = min(u.images * u.outHeight * u.outWidth, begin + u.chunk);
  let steps = (end - begin + ${depth - 1}) / ${depth};
  var pixel = begin + place;`
  if (plain) return pixel
  const [tapY, tapX] = wholeTaps ? ['0', '0'] : ['ky', 'kx']
  return `${pixel}
  let lowY = ${tapY} - ${py}; let highY = lowY + u.outHeight * ${sy};
  let lowX = ${tapX} - ${px}; let highX = lowX + u.outWidth * ${sx};
  var image = pixel / (u.outHeight * u.outWidth);
  var y = lowY + pixel % (u.outHeight * u.outWidth) / u.outWidth * ${sy};
  var x = lowX + pixel % u.outWidth * ${sx};
  // So many images, rows and columns are ${depth} pixels.
  let nextImage = ${depth} / (u.outHeight * u.outWidth);
  let nextY = ${depth} % (u.outHeight * u.outWidth) / u.outWidth * ${sy};
  let nextX = ${depth} % u.outWidth * ${sx};`
}

function nextPixel({ g }: Layout, plain: boolean, { depth }: VectorScheme): string {
  const [sy, sx] = g.stride
  const pixel = `pixel += ${depth};`
  if (plain) return pixel
  return `${pixel}
        x += nextX;
        let beyondX = x >= highX;
        x -= select(0, u.outWidth * ${sx}, beyondX);
        y += nextY + select(0, ${sy}, beyondX);
        let beyondY = y >= highY;
        y -= select(0, u.outHeight * ${sy}, beyondY);
        image += nextImage + select(0, 1, beyondY);`
}

/** What all loads of a thread share: whether its pixel exists and lies on the image, and where source and gradient have it. */
function atPixel({ wholeTaps }: Layout, plain: boolean, padded: boolean): string {
  const there = padded && !wholeTaps ? `alive & ${onImage('y', 'x')}` : 'alive'
  const at = plain ? 'pixel' : '(image * u.height + y) * u.width + x'
  return `
        alive = pixel < end;
        there = ${there};
        ${wholeTaps ? `fromA = ${at};` : `fromA = select(0, (${at}) * inner4, there);`}
        fromB = select(0, pixel, alive) * columns4;`
}

function leftOf({ g, wholeTaps }: Layout): VectorPanel {
  const [kh, kw] = g.kernel
  if (!wholeTaps) {
    return {
      neighbors: 'lines',
      declare: (id, line) => `let i${id} = min(${line}, inner4 - 1);`,
      load: (id) => `source[fromA + i${id}]`,
      inside: () => 'there',
    }
  }
  const inside = (id: string) => `there & ${onImage(`y + ky${id}`, `x + kx${id}`)}`
  return {
    neighbors: 'lines',
    declare: (id, line) => `let tap${id} = min(${line}, ${kh * kw - 1});
  let ky${id} = tap${id} / ${kw}; let kx${id} = tap${id} % ${kw};
  let i${id} = ky${id} * u.width + kx${id};`,
    load: (id) => `source[select(0, fromA + i${id}, ${inside(id)})]`,
    inside,
  }
}

/** The product of a layout whose channels a vector scheme can load (`runs` in `schemes.ts`). */
export function filterVectors(layout: Layout, padded: boolean): VectorProduct {
  const plain = isPlain(layout, padded)
  const located = atPixel(layout, plain, padded)
  return {
    functions: '',
    prologue: (rows, columns) => prologue(layout, rows, columns),
    rows: 'u.inner',
    begin: (scheme) => `
  let inner4 = u.inner / 4;
  let columns4 = u.columns / 4;
  ${firstPixel(layout, plain, scheme)}
  var alive = false; var there = false;
  var fromA = 0; var fromB = 0;
  ${located}`,
    advance: (scheme) => `${nextPixel(layout, plain, scheme)}${located}`,
    left: leftOf(layout),
    right: {
      neighbors: 'lines',
      declare: (id, line) => `let n${id} = min(${line}, columns4 - 1);`,
      load: (id) => `gradient[fromB + n${id}]`,
      inside: () => 'alive',
    },
    resultAt: (i) => `(segment * u.inner + ${i}) * (u.columns / 4)`,
  }
}
