/**
 * Decodes the first frame of a GIF as Pillow's convert('RGB') gives it: a transparent pixel has its palette's color. Other
 * decoders lay frames over a background and drop those colors; every host uses this one.
 */
import { messageOf } from '../../message.ts'
import type { Pixels } from '../source.ts'
import { ascii } from './bytes.ts'

export const isGif = (bytes: Uint8Array): boolean => bytes[0] === 0x47 && bytes[1] === 0x49 && bytes[2] === 0x46

const little16 = (bytes: Uint8Array, at: number) => bytes[at] + 256 * bytes[at + 1]

/** A color table, at most 256 · 3 bytes; empty if a GIF has none. */
const tableAt = (bytes: Uint8Array, flags: number, at: number) =>
  bytes.subarray(at, at + (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0))

interface Frame {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
  readonly interlaced: boolean
  readonly colors: Uint8Array
  /** Position of the coded data. */
  readonly at: number
}

const [extension, separator, trailer, control] = [0x21, 0x2c, 0x3b, 0xf9]

/** Position after a sequence of blocks. */
function afterBlocks(bytes: Uint8Array, from: number): number {
  let at = from
  while (bytes[at] > 0) at += bytes[at] + 1
  return at + 1
}

/** Finds the first frame and the transparent index. */
function firstFrame(bytes: Uint8Array): { readonly frame: Frame; readonly transparent: number | null } {
  const colors = tableAt(bytes, bytes[10], 13)
  let transparent: number | null = null
  let at = 13 + colors.length
  while (at + 10 < bytes.length && bytes[at] !== trailer) {
    if (bytes[at] === separator) return { frame: frameAt(bytes, at, colors), transparent }
    if (bytes[at] === extension) {
      if (bytes[at + 1] === control && bytes[at + 2] >= 4 && bytes[at + 3] & 1) transparent = bytes[at + 6]
      at = afterBlocks(bytes, at + 2)
    } else at++
  }
  throw new Error(bytes[at] === trailer ? 'the GIF contains no image' : 'the GIF is truncated')
}

/** `shared`: the color table of all frames. */
function frameAt(bytes: Uint8Array, at: number, shared: Uint8Array): Frame {
  const [left, top, width, height] = [1, 3, 5, 7].map((offset) => little16(bytes, at + offset))
  const flags = bytes[at + 9]
  const own = tableAt(bytes, flags, at + 10)
  const colors = isRamp(own) ? shared : own
  return { left, top, width, height, interlaced: (flags & 0x40) !== 0, colors, at: at + 10 + own.length }
}

/** Joins the blocks from `from` on, up to an empty one. */
function joinedBlocks(bytes: Uint8Array, from: number): Uint8Array {
  const data = new Uint8Array(bytes.length - from)
  let length = 0
  for (let at = from; bytes[at] > 0; at += bytes[at] + 1) {
    const block = bytes.subarray(at + 1, at + 1 + bytes[at])
    data.set(block, length)
    length += block.length
  }
  return data.subarray(0, length)
}

const longestCode = 12
const damaged = () => new Error('the GIF is damaged (wrong code)')

/** Strings of the code table: each is the string of another code and one more index. */
const prefix = new Uint16Array(2 ** longestCode)
const suffix = new Uint8Array(2 ** longestCode)
const lengths = new Uint16Array(2 ** longestCode)

/** Writes the string of a code backwards, ending before `end`; skips what lies beyond the image. Returns its first index. */
function writeString(code: number, end: number, out: Uint8Array): number {
  let at = end - 1
  let rest = code
  for (let left = lengths[code]; left > 1; left--, at--) {
    if (at < out.length) out[at] = suffix[rest]
    rest = prefix[rest]
  }
  if (at < out.length) out[at] = rest
  return rest
}

/** Decompresses LZW codes (GIF89a, appendix F) to `count` color indices. Throws if there are fewer. */
function indicesOf(data: Uint8Array, smallest: number, count: number): Uint8Array {
  if (!(smallest <= 8)) throw damaged()
  const [clear, end] = [2 ** smallest, 2 ** smallest + 1]
  for (let code = 0; code < clear; code++) lengths[code] = 1
  const out = new Uint8Array(count)
  let [next, width, before, to] = [end + 1, smallest + 1, -1, 0]
  for (let at = 0, bits = 0, held = 0; to < count; ) {
    for (; held < width && at < data.length; held += 8) bits |= data[at++] << held
    if (held < width) throw new Error('the GIF is truncated')
    const code = bits & (2 ** width - 1)
    bits >>>= width
    held -= width
    if (code === clear) [next, width, before] = [end + 1, smallest + 1, -1]
    else if (code === end) throw new Error('the GIF is truncated')
    else {
      if (code > (before < 0 ? clear : next)) throw damaged()
      // A code that is being defined is the string before it with its own first index.
      const isNew = before >= 0 && code === next
      const length = isNew ? lengths[before] + 1 : lengths[code]
      const first = writeString(isNew ? before : code, to + length - (isNew ? 1 : 0), out)
      if (isNew && to + length <= count) out[to + length - 1] = first
      to += length
      if (before >= 0 && next < 2 ** longestCode) {
        prefix[next] = before
        suffix[next] = first
        lengths[next] = lengths[before] + 1
        next++
        if (next === 2 ** width && width < longestCode) width++
      }
      before = code
    }
  }
  return out
}

/** Passes of an interlaced image: first row and distance of rows. */
const passes = [
  [0, 8],
  [4, 8],
  [2, 4],
  [1, 2],
] as const

/** The row of the image that each coded row is. */
function rowsOf({ height, interlaced }: Frame): number[] {
  if (!interlaced) return Array.from({ length: height }, (_, y) => y)
  return passes.flatMap(([first, step]) =>
    Array.from({ length: Math.max(0, Math.ceil((height - first) / step)) }, (_, i) => first + i * step),
  )
}

/** Colors of the 256 indices. Without a table an index is a grey; indices beyond a table are black. */
function paletteOf(colors: Uint8Array): Uint8Array {
  const palette = new Uint8Array(3 * 256)
  if (!isRamp(colors)) palette.set(colors)
  else for (let i = 0; i < palette.length; i++) palette[i] = Math.floor(i / 3)
  return palette
}

/** Whether there are no colors, or each is its own index as a grey. Pillow ignores such a table: the shared one counts. */
const isRamp = (colors: Uint8Array) => colors.every((value, i) => value === Math.floor(i / 3))

/** Width and height: those of the screen, or more if the first frame goes beyond it. */
function sizeOf(bytes: Uint8Array, { left, top, width, height }: Frame) {
  return { width: Math.max(little16(bytes, 6), left + width), height: Math.max(little16(bytes, 8), top + height) }
}

/** Width and height; null if there is no whole frame header. */
export function gifSize(bytes: Uint8Array): { readonly width: number; readonly height: number } | null {
  try {
    return sizeOf(bytes, firstFrame(bytes).frame)
  } catch {
    return null
  }
}

/** Most pixels that a byte of codes stands for: a code of 12 bits has at most 4096. */
const mostUnpacked = 2731

/** Why there is no first frame, or null. `decodeGif` finds out whether all its pixels are there. */
export function gifDamage(bytes: Uint8Array): string | null {
  if (!/^GIF8[79]a/.test(ascii(bytes, 0, 6))) return 'unsupported: GIF of an unknown version'
  try {
    const { frame } = firstFrame(bytes)
    if (frame.width === 0 || frame.height === 0) return 'the GIF has no pixels'
    const isLong = frame.at + 1 < bytes.length && frame.width * frame.height <= mostUnpacked * bytes.length
    return isLong ? null : 'the GIF is truncated'
  } catch (error) {
    return messageOf(error)
  }
}

/** Throws for a damaged file. What the first frame leaves free has the transparent index, or index 0. */
export function decodeGif(bytes: Uint8Array): Pixels {
  const { frame, transparent } = firstFrame(bytes)
  const size = sizeOf(bytes, frame)
  const screen = new Uint8Array(size.width * size.height).fill(transparent ?? 0)
  const indices = indicesOf(joinedBlocks(bytes, frame.at + 1), bytes[frame.at], frame.width * frame.height)
  for (const [i, y] of rowsOf(frame).entries()) {
    const row = indices.subarray(i * frame.width, (i + 1) * frame.width)
    screen.set(row, (frame.top + y) * size.width + frame.left)
  }
  return { ...size, data: colored(screen, paletteOf(frame.colors)) }
}

function colored(indices: Uint8Array, palette: Uint8Array): Uint8Array {
  const data = new Uint8Array(3 * indices.length)
  for (let i = 0, to = 0; i < indices.length; i++, to += 3) {
    const color = 3 * indices[i]
    data[to] = palette[color]
    data[to + 1] = palette[color + 1]
    data[to + 2] = palette[color + 2]
  }
  return data
}
