/** Images from bytes: four bytes a word travel to the GPU, where they are cropped, mirrored and looked up. */
import type * as tf from '@tensorflow/tfjs'
import { emptyTensor, type LabBackend } from '../lab-backend.ts'
import type { Program } from '../program.ts'
import { elementEntry, elementGroups } from './vectors.ts'

const program: Program = {
  key: 'images',
  outputs: { result: 'f32' },
  inputs: { words: 'i32', crops: 'i32', table: 'f32' },
  uniforms: { first: 'i32', count: 'u32', size: 'i32' },
  code: `${elementEntry('u.count')}
  let channel = i32(i) % 3;
  let pixel = i32(i) / 3;
  let image = u.first + pixel / (u.size * u.size);
  let row = pixel / u.size % u.size;
  let column = pixel % u.size;
  let crop = 3 * image;
  let x = crops[crop] + select(column, u.size - 1 - column, crops[crop + 2] != 0);
  let y = crops[crop + 1] + row;
  let inside = (x >= 0) & (y >= 0) & (x < u.size) & (y < u.size);
  let at = select(0, ((image * u.size + y) * u.size + x) * 3 + channel, inside);
  let byte = (u32(words[at / 4]) >> u32(8 * (at % 4))) & 255u;
  result[i] = table[u32(channel) * 256u + select(0u, byte, inside)];
}`,
}

/** Which images of a batch, and how large they are. */
export interface ImageRange {
  readonly first: number
  readonly count: number
  readonly size: number
}

/**
 * result [count, size, size, 3] = table[channel · 256 + byte]. words: the batch's bytes [N · size · size · 3], four a word,
 * lowest first. crops [N, 3]: left and top of the square that is cut out, and whether it is mirrored; outside of the
 * image bytes are 0. table: [3 · 256]
 */
export function cropImages(
  backend: LabBackend,
  { words, crops, table }: Readonly<Record<'words' | 'crops' | 'table', tf.Tensor>>,
  { first, count, size }: ImageRange,
): tf.Tensor4D {
  const result = emptyTensor(backend, [count, size, size, 3])
  backend.dispatch(program, {
    outputs: [result],
    inputs: [words, crops, table],
    uniforms: [first, result.size, size],
    workgroups: elementGroups(result.size),
  })
  return result as tf.Tensor4D
}
