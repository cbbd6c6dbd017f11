/**
 * A shard: the pixels of many images one after another, then their index, a note, and a footer of fixed length that states
 * the lengths of index and note. All numbers are little-endian.
 */
import { hexOf } from '../../hex.ts'
import { decoderVersion } from '../decode/version.ts'
import { DataError } from '../source.ts'
import type { ShardReader, ShardWriter } from './files.ts'

const magic = 0x31444853
const footerLength = 20
/** Hash, offset, width, height. */
const recordLength = 32 + 3 * 4

/** The cache's dataset and side, which each of its shards states. */
export interface Note {
  readonly source: string
  readonly side: number
}

/** A note in a shard: also the version of the decoders that made its images; 0 if it states none. */
export interface ShardNote extends Note {
  readonly decoders: number
}

/** Whether the present decoders made a shard's images. */
export const isCurrent = ({ decoders }: ShardNote): boolean => decoders === decoderVersion

/** Position of an image in a shard. */
export interface Place {
  /** SHA-256 of the image's file, hexadecimal. */
  readonly hash: string
  readonly offset: number
  readonly width: number
  readonly height: number
}

/** FNV-1a */
function checksum(bytes: Uint8Array): number {
  let h = 2166136261
  for (const byte of bytes) h = Math.imul(h ^ byte, 16777619)
  return h >>> 0
}

/** Index, note and footer of a shard. */
function tailOf(places: readonly Place[], { source, side, decoders }: ShardNote): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify({ source, side, decoders }))
  const tail = new Uint8Array(places.length * recordLength + text.length + footerLength)
  const view = new DataView(tail.buffer)
  for (const [i, { hash, offset, width, height }] of places.entries()) {
    const at = i * recordLength
    for (let b = 0; b < 32; b++) tail[at + b] = Number.parseInt(hash.slice(2 * b, 2 * b + 2), 16)
    for (const [n, value] of [offset, width, height].entries()) view.setUint32(at + 32 + 4 * n, value, true)
  }
  const at = places.length * recordLength + text.length
  tail.set(text, places.length * recordLength)
  const numbers = [magic, places.length, text.length, checksum(tail.subarray(0, at)), footerLength]
  for (const [n, value] of numbers.entries()) view.setUint32(at + 4 * n, value, true)
  return tail
}

/** Writes the tail of a shard whose pixels end at position `end`. Throws if the disk is full. */
export const writeTail = (writer: ShardWriter, end: number, places: readonly Place[], note: ShardNote): void =>
  writer.write(tailOf(places, note), end)

function noteOf(text: string): ShardNote {
  const { source, side, decoders = 0 } = JSON.parse(text) as Partial<ShardNote>
  if (typeof source !== 'string' || typeof side !== 'number') throw new DataError('the shard has no note')
  return { source, side, decoders }
}

const damaged = () => new DataError('the shard is damaged')

/** Reads a shard's note and index. Throws DataError if the shard is damaged or incomplete. */
export function readTail(reader: ShardReader): { note: ShardNote; places: Place[] } {
  if (reader.size < footerLength) throw damaged()
  const footer = new Uint8Array(footerLength)
  reader.read(footer, reader.size - footerLength)
  const numbers = new DataView(footer.buffer)
  const [mark, images, length, sum] = [0, 4, 8, 12].map((at) => numbers.getUint32(at, true))
  const start = reader.size - footerLength - length - images * recordLength
  if (mark !== magic || start < 0) throw damaged()
  const tail = new Uint8Array(images * recordLength + length)
  reader.read(tail, start)
  if (checksum(tail) !== sum) throw damaged()
  const view = new DataView(tail.buffer)
  const places = Array.from({ length: images }, (_, i): Place => {
    const at = i * recordLength
    const [offset, width, height] = [32, 36, 40].map((n) => view.getUint32(at + n, true))
    return { hash: hexOf(tail.subarray(at, at + 32)), offset, width, height }
  })
  if (places.some(({ offset, width, height }) => offset + 3 * width * height > start)) throw damaged()
  return { note: noteOf(new TextDecoder().decode(tail.subarray(images * recordLength))), places }
}
