/** Checks the chunks of a PNG without decoding it. */

import { joined } from '../../joined.ts'
import { crc32 } from '../crc32.ts'
import { big32 } from './big-endian.ts'
import { ascii } from './bytes.ts'

/** Chunks that a decoder may ignore start with a lowercase letter. */
const isCritical = (type: string) => /^[A-Z]/.test(type)

/** The last chunk of a whole PNG, with its checksum; its content is always the same, so that its own checksum says nothing. */
const pngEnd = 'IEND'
const pngEndChunk = Uint8Array.of(0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82)

interface PngParts {
  readonly damage: string | null
  /** Position after the last whole chunk before the end. */
  readonly at: number
  /** Whether the file has its end. */
  readonly ended: boolean
  /** Bytes of compressed pixels. */
  readonly packed: number
}

/**
 * A PNG may lack its end, or have padding or garbage in its place. Whether all pixels are there, only a decoder can say: a
 * file may be cut between two chunks of pixels.
 */
function readPng(bytes: Uint8Array): PngParts {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let [at, data, packed] = [8, false, 0]
  const result = (damage: string | null, ended = false) => ({ damage, at, ended, packed })
  while (at + 8 <= bytes.length) {
    const [end, type] = [at + 8 + view.getUint32(at), ascii(bytes, at + 4, at + 8)]
    if (at === 8 && type !== 'IHDR') return result('the PNG header is damaged')
    if (type === pngEnd) return result(data ? null : 'the PNG contains no image', end + 4 <= bytes.length)
    const isChunk = /^[a-z]{4}$/i.test(type)
    if (data && (!isChunk || (end + 4 > bytes.length && type !== 'IDAT'))) return result(null)
    if (!isChunk) return result('the PNG is damaged')
    if (end + 4 > bytes.length) return result('the PNG is truncated')
    if (isCritical(type) && crc32(bytes.subarray(at + 4, end)) !== view.getUint32(end))
      return result(`the PNG is damaged (wrong checksum of ${type})`)
    if (type === 'IDAT') [data, packed] = [true, packed + end - at - 8]
    at = end + 4
  }
  return result(data ? null : 'the PNG is truncated')
}

/** Samples of a pixel by color type. */
const samples = [1, 0, 3, 1, 2, 0, 4]

/** Most bytes that a byte of compressed data stands for. */
const mostUnpacked = 1032

/** The defect of a PNG, or null. */
export function pngDamage(bytes: Uint8Array): string | null {
  const { damage, packed } = readPng(bytes)
  if (damage !== null) return damage
  const bits = big32(bytes, 16) * big32(bytes, 20) * bytes[24] * (samples[bytes[25]] ?? 0)
  return bits / 8 > mostUnpacked * (packed + 1) ? 'the PNG is truncated: it is too short for its pixels' : null
}

/** The same PNG, with an end after its last chunk if it has none. Call it for a PNG without damage. */
export function withPngEnd(bytes: Uint8Array): Uint8Array {
  const { at, ended } = readPng(bytes)
  return ended ? bytes : joined([bytes.subarray(0, at), pngEndChunk])
}
