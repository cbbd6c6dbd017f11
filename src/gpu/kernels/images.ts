/**
 * Makes image tensors from bytes. The GPU receives four bytes per word, resamples a part of each image, crops, mirrors and
 * normalizes it by table. Resampling is bilinear with antialiasing in two passes, each rounded to 8 bits, with weights of 22
 * fractional bits. This is Pillow's arithmetic in integers, so the bytes are Pillow's.
 */
import type * as tf from '@tensorflow/tfjs'
import { emptyTensor, type LabBackend } from '../lab-backend.ts'
import type { Program } from '../program.ts'
import { elementEntry, elementGroups } from './vectors.ts'

/**
 * Fields of an image's view, as integers. `offset`: first byte of its pixels in the batch. `columns`, `rows`: size of the
 * stored pixels. `x`, `y`: position of the first stored pixel in the part that is resampled. That part has `lengthX` ×
 * `lengthY` pixels and becomes `outX` × `outY`. The result begins at (`startX`, `startY`) of it; pixels outside of (`lowX`,
 * `lowY`) … (`highX`, `highY`), the end excluded, are black. `mirror`: 1 to exchange left and right.
 */
export const viewFields = [
  'offset',
  'columns',
  'rows',
  'x',
  'y',
  'lengthX',
  'lengthY',
  'outX',
  'outY',
  'startX',
  'startY',
  'lowX',
  'lowY',
  'highX',
  'highY',
  'mirror',
] as const

const field = (name: (typeof viewFields)[number]) => `views[v + ${viewFields.indexOf(name)}]`

const axis = (name: 'X' | 'Y', at: string) => {
  const [out, length] = [field(`out${name}`), field(`length${name}`)]
  const [begin, count] = name === 'X' ? [field('x'), field('columns')] : [field('y'), field('rows')]
  return `tapsOf(${at}, ${out}, ${length}, ${begin}, ${begin} + ${count})`
}

/** Fractional bits of a weight, as in Pillow. */
export const precision = 22
const half = 2 ** (precision - 1)

/**
 * Channels of the images: on a GPU a fourth one of zeros, so that the first convolution loads pixels as vec4s. On a software adapter
 * it would only add arithmetic.
 */
export const imageChannels = ({ choices }: LabBackend): 3 | 4 => (choices.adapter.software ? 3 : 4)

const program = (channels: 3 | 4): Program => ({
  key: `images-${channels}`,
  outputs: { result: channels === 4 ? 'vec4f' : 'f32' },
  inputs: { words: 'i32', views: 'i32', table: 'f32' },
  uniforms: { first: 'i32', count: 'u32', size: 'i32' },
  recomputable: true,
  code: `
// Pixels with a weight for the resampled pixel at \`at\`: from first up to last, last excluded, within the stored ones. A pixel's
// part is the triangle filter's value times twice the longer of length and out, which is an integer.
struct Taps { first : i32, last : i32, out : i32, point : i32, reach : i32, sum : u32, scale : f32 }

fn part(taps : Taps, j : i32) -> u32 {
  return u32(max(0, taps.reach - abs((2 * j + 1) * taps.out - taps.point)));
}

fn tapsOf(at : i32, out : i32, length : i32, begin : i32, end : i32) -> Taps {
  let reach = 2 * max(length, out);
  let point = (2 * at + 1) * length;
  // Pixels whose centers are nearer than reach. Both dividends are positive, so division rounds down.
  let first = max(max(point - reach + out, 0) / (2 * out), max(begin, 0));
  let last = min((point + reach + out) / (2 * out), min(end, length));
  var taps = Taps(first, last, out, point, reach, 0u, 0.0);
  for (var j = first; j < last; j++) { taps.sum += part(taps, j); }
  taps.scale = ${2 ** precision}.0 / f32(taps.sum);
  return taps;
}

// A pixel's share of the sum, rounded to ${precision} fractional bits. The product of floats is wrong by less than two, so it
// is lowered by two; the rest, whose higher bits cancel, is divided in integers.
fn weight(taps : Taps, j : i32) -> u32 {
  let mine = part(taps, j);
  let low = u32(max(0.0, f32(mine) * taps.scale - 2.0));
  let rest = (mine << ${precision}u) - low * taps.sum;
  return low + (rest + taps.sum / 2u) / taps.sum;
}

fn byteAt(at : i32) -> u32 {
  return (u32(words[at / 4]) >> u32(8 * (at % 4))) & 255u;
}

${elementEntry('u.count')}
  let pixel = i32(i);
  let image = u.first + pixel / (u.size * u.size);
  let row = pixel / u.size % u.size;
  let column = pixel % u.size;
  let v = ${viewFields.length} * image;
  let x = ${field('startX')} + select(column, u.size - 1 - column, ${field('mirror')} != 0);
  let y = ${field('startY')} + row;
  let shows = (x >= ${field('lowX')}) & (y >= ${field('lowY')}) & (x < ${field('highX')}) & (y < ${field('highY')});
  var bytes = vec3u(0u);
  if (shows) {
    let across = ${axis('X', 'x')};
    let down = ${axis('Y', 'y')};
    let stride = 3 * ${field('columns')};
    var sum = vec3u(${half}u);
    for (var j = down.first; j < down.last; j++) {
      let begin = ${field('offset')} + (j - ${field('y')}) * stride - 3 * ${field('x')};
      var line = vec3u(${half}u);
      for (var k = across.first; k < across.last; k++) {
        let at = begin + 3 * k;
        line += weight(across, k) * vec3u(byteAt(at), byteAt(at + 1), byteAt(at + 2));
      }
      sum += weight(down, j) * (line >> vec3u(${precision}u));
    }
    bytes = sum >> vec3u(${precision}u);
  }
  let values = vec3f(${[0, 1, 2].map((c) => `table[${256 * c} + i32(bytes[${c}])]`).join(', ')});
  ${channels === 4 ? 'result[pixel] = vec4f(values, 0f);' : 'for (var c = 0; c < 3; c++) { result[3 * pixel + c] = values[c]; }'}
}`,
})

/** A range of a batch's images, and their size in pixels. */
export interface ImageRange {
  readonly first: number
  readonly count: number
  readonly size: number
}

/**
 * result [count, size, size, imageChannels] = table[channel · 256 + byte], and 0 in a fourth channel. words: the batch's bytes,
 * four per word, lowest first. views: [N · viewFields.length]. table: [3 · 256]
 */
export function viewImages(
  backend: LabBackend,
  { words, views, table }: Readonly<Record<'words' | 'views' | 'table', tf.Tensor>>,
  { first, count, size }: ImageRange,
): tf.Tensor4D {
  const channels = imageChannels(backend)
  const result = emptyTensor(backend, [count, size, size, channels])
  const pixels = count * size * size
  backend.dispatch(program(channels), {
    outputs: [result],
    inputs: [words, views, table],
    uniforms: { first, count: pixels, size },
    workgroups: elementGroups(pixels),
  })
  return result as tf.Tensor4D
}
