/**
 * Images from bytes: four bytes a word travel to the GPU, where a part of each is resampled, cropped, mirrored and looked
 * up. Resampling is bilinear with antialiasing in two passes, rounded to 8 bits after each, as Pillow does it; weights are
 * 32-bit floats here and 22-bit fixed point there, so that a value may differ by one where it lies between two.
 */
import type * as tf from '@tensorflow/tfjs'
import { emptyTensor, type LabBackend } from '../lab-backend.ts'
import type { Program } from '../program.ts'
import { elementEntry, elementGroups } from './vectors.ts'

/**
 * What is said of an image, as whole numbers. `offset`: first byte of its pixels in the batch; `columns`, `rows`: how many
 * of them there are; `x`, `y`: where the first of them lies in the part that is resampled; that part has `lengthX` ×
 * `lengthY` pixels and becomes `outX` × `outY`, of which those from (`startX`, `startY`) on are looked at and those from
 * (`lowX`, `lowY`) up to (`highX`, `highY`) show; the others are black. `mirror`: 1 for left and right changed.
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
  const [begin, kept] = name === 'X' ? [field('x'), field('columns')] : [field('y'), field('rows')]
  return `tapsOf(${at}, ${out}, ${length}, ${begin}, ${begin} + ${kept})`
}

const program: Program = {
  key: 'images',
  outputs: { result: 'f32' },
  inputs: { words: 'i32', views: 'i32', table: 'f32' },
  uniforms: { first: 'i32', count: 'u32', size: 'i32' },
  code: `
struct Taps { first : i32, last : i32, center : f32, support : f32 }

// Pixels with a weight for the resampled pixel at \`at\`: from first up to last, within those that are there.
fn tapsOf(at : i32, out : i32, length : i32, begin : i32, end : i32) -> Taps {
  let scale = f32(length) / f32(out);
  let support = max(scale, 1.0);
  let center = (f32(at) + 0.5) * scale;
  let first = max(i32(floor(center - support + 0.5)), max(begin, 0));
  let last = min(i32(ceil(center + support - 0.5)), min(end, length));
  return Taps(first, last, center, support);
}

fn weight(taps : Taps, j : i32) -> f32 {
  return max(0.0, 1.0 - abs(f32(j) + 0.5 - taps.center) / taps.support);
}

fn byteAt(at : i32) -> f32 {
  return f32((u32(words[at / 4]) >> u32(8 * (at % 4))) & 255u);
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
  var bytes = vec3f(0.0);
  if (shows) {
    let across = ${axis('X', 'x')};
    let down = ${axis('Y', 'y')};
    let stride = 3 * ${field('columns')};
    var sum = vec3f(0.0);
    var total = 0.0;
    for (var j = down.first; j < down.last; j++) {
      let begin = ${field('offset')} + (j - ${field('y')}) * stride - 3 * ${field('x')};
      var line = vec3f(0.0);
      var width = 0.0;
      for (var k = across.first; k < across.last; k++) {
        let w = weight(across, k);
        let at = begin + 3 * k;
        line += w * vec3f(byteAt(at), byteAt(at + 1), byteAt(at + 2));
        width += w;
      }
      let w = weight(down, j);
      sum += w * floor(line / width + 0.5);
      total += w;
    }
    bytes = floor(sum / total + 0.5);
  }
  for (var c = 0; c < 3; c++) {
    result[3 * pixel + c] = table[256 * c + i32(bytes[c])];
  }
}`,
}

/** Which images of a batch, and how large they are. */
export interface ImageRange {
  readonly first: number
  readonly count: number
  readonly size: number
}

/**
 * result [count, size, size, 3] = table[channel · 256 + byte]. words: the batch's bytes, four a word, lowest first.
 * views [N · viewFields.length]. table: [3 · 256]
 */
export function viewImages(
  backend: LabBackend,
  { words, views, table }: Readonly<Record<'words' | 'views' | 'table', tf.Tensor>>,
  { first, count, size }: ImageRange,
): tf.Tensor4D {
  const result = emptyTensor(backend, [count, size, size, 3])
  const pixels = count * size * size
  backend.dispatch(program, {
    outputs: [result],
    inputs: [words, views, table],
    uniforms: [first, pixels, size],
    workgroups: elementGroups(pixels),
  })
  return result as tf.Tensor4D
}
