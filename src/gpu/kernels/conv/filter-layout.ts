/** Layout of the filter gradient's product, and the WGSL that finds a workgroup's tile. */
import { type Scheme, tapChannels } from '../schemes.ts'
import { type Geometry, readsRows } from './geometry.ts'

export const uniforms = {
  images: 'i32',
  height: 'i32',
  width: 'i32',
  outHeight: 'i32',
  outWidth: 'i32',
  /** Rows of the product at one segment of the filter, and its columns. */
  inner: 'i32',
  columns: 'i32',
  /** Pixels that one split reduces: of one image, or of all images where panels are used. */
  chunk: 'i32',
  /** Values of the filter, between the results of splits. */
  size: 'i32',
} as const

export interface Layout {
  readonly g: Geometry
  readonly runs: boolean
  /** Whether a vec4 of the source is a whole tap of the filter, and a row of the product a channel at any tap. */
  readonly wholeTaps: boolean
  /** Rows per segment, and segments: taps, rows of taps, or the whole filter. */
  readonly inner: number
  readonly segments: number
}

export function layoutOf(g: Geometry, { kind }: Scheme): Layout {
  const wholeTaps = kind === 'vector' && g.inputs === tapChannels
  const runs = kind !== 'vector' && readsRows(g)
  const [kh, kw] = g.kernel
  if (wholeTaps) return { g, runs, wholeTaps, inner: kh * kw * g.inputs, segments: 1 }
  return { g, runs, wholeTaps, inner: runs ? kw * g.inputs : g.inputs, segments: runs ? kh : kh * kw }
}

/** Declares the tile, the segment and the split of a workgroup. */
export const prologue = ({ g, runs, segments }: Layout, rows: number, columns: number) => `
  let split = i32(group.z);
  let across = (u.columns + ${columns - 1}) / ${columns};
  let down_ = (u.inner + ${rows - 1}) / ${rows};
  let tile = i32(group.y * groups.x + group.x);
  let segment = tile / (across * down_);
  let firstRow = (tile / across) % down_ * ${rows};
  let firstColumn = tile % across * ${columns};
  if (segment >= ${segments}) { return; }
  let ky = ${runs ? 'segment' : `segment / ${g.kernel[1]}`};
  let kx = ${runs ? '0' : `segment % ${g.kernel[1]}`};`
