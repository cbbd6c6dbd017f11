/** Layout of the products of `gather.ts`, and the WGSL that finds a workgroup's tile and its rows. */
import { type Scheme, tapChannels } from '../schemes.ts'
import { type Geometry, isPadded, readsRows } from './geometry.ts'

export type Direction = 'forward' | 'input-gradient'

/** The layout of a product. */
export interface Layout {
  readonly g: Geometry
  readonly direction: Direction
  /** Length of the run of neighbors that the innermost loop reads. */
  readonly inner: number
  /** Columns of the product. */
  readonly columns: number
  readonly runs: boolean
  /** Whether a vec4 of the source is a whole tap of the filter. */
  readonly wholeTaps: boolean
  readonly padded: boolean
  /** Pixel classes in height and width. */
  readonly classes: readonly [number, number]
}

export function layoutOf(g: Geometry, direction: Direction, { kind }: Scheme): Layout {
  const forward = direction === 'forward'
  const runs = forward && kind !== 'vector' && readsRows(g)
  const inner = runs ? g.inputs * g.kernel[1] : forward ? g.inputs : g.outputs
  return {
    g,
    direction,
    inner,
    columns: forward ? g.outputs : g.inputs,
    runs,
    wholeTaps: forward && kind === 'vector' && g.inputs === tapChannels,
    padded: forward ? isPadded(g) : isPadded(g) || g.stride[0] > 1 || g.stride[1] > 1 || uncovered(g),
    classes: forward ? [1, 1] : g.stride,
  }
}

/** Whether no output sees some input pixel, so that its gradient meets taps that do not exist. */
const uncovered = (g: Geometry): boolean =>
  ([0, 1] as const).some((i) => {
    const [size, out] = i === 0 ? [g.height, g.outHeight] : [g.width, g.outWidth]
    return g.kernel[i] > 1 || (out - 1) * g.stride[i] + g.kernel[i] - g.padding[i] < size
  })

export const uniforms = {
  images: 'i32',
  /** Height, width and channels of the source of the gather and of its result. */
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

/** WGSL functions that all schemes use: the classes of pixels, and the rows of the product. */
export function rowCode({ g, direction, classes }: Layout, imagesInside: boolean): string {
  const [sy, sx] = g.stride
  const [py, px] = g.padding
  const decode = imagesInside
    ? 'let image = m % u.images; let pixel = m / u.images;'
    : 'let image = m / (kind.height * kind.width); let pixel = m % (kind.height * kind.width);'
  return `
struct Row { image : i32, y : i32, x : i32 }
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
fn resultOf(row : Row) -> i32 {
  return ((row.image * u.toHeight + row.y) * u.toWidth + row.x) * u.columns;
}`
}

/** Declares the tile and the split of a workgroup. */
export const prologue = (rows: number, columns: number) => `
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
