/**
 * Unpacks gzip files as GNU gzip does: all members in turn, with padding or garbage behind them. The browser's own
 * decompression refuses more than one member and states neither names nor positions. pako is zlib itself, written in
 * TypeScript, and as fast as the browser for archives of images; both hosts use it and give equal results. Load this
 * file when it is needed.
 */
import {
  GZheader,
  Z_BUF_ERROR,
  Z_NO_FLUSH,
  Z_OK,
  Z_STREAM_END,
  ZStream,
  zlibInflate,
  zlibInflateGetHeader,
  zlibInflateInit2,
  zlibInflateReset,
} from 'pako'
import { pause, type Refused, readingReason, type Unpack } from '../entry.ts'
import { DataError } from '../source.ts'
import { unpackable } from './listing.ts'
import { decodeName, printable } from './paths.ts'
import { afterZeros, type Read, windowed } from './window.ts'

/** A part of the unpacked content that cannot be trusted, by positions in it. */
export interface Damage {
  readonly from: number
  readonly to: number
}

export interface Gunzipped {
  readonly blob: Blob
  readonly damaged: readonly Damage[]
  /** Damaged members and a missing end, by positions in the gzip file. */
  readonly refused: readonly Refused[]
  readonly notes: readonly string[]
}

interface Found {
  readonly damaged: Damage[]
  readonly refused: Refused[]
  readonly notes: string[]
}

/** Bytes that zlib receives and gives at once, and unpacked bytes between pauses for the thread's other tasks. */
const [inputSize, outputSize, pauseEvery] = [2 ** 16, 2 ** 17, 2 ** 24]

/** Bytes that every archive in a gzip file has: the first block of a tar. */
const shortest = 512

/** zlib's window size, plus 16 for gzip only. */
const gzipBits = 15 + 16

/** How a member ended, and the position behind it. A member without `problem` is complete. */
interface Ending {
  readonly end: number
  readonly problem?: 'cut' | 'checksum' | 'length' | 'header' | 'data'
}

const problems = {
  checksum: 'its checksum is wrong',
  length: 'its length is wrong',
  header: 'its header is damaged',
  data: 'its compressed data is damaged',
} as const

function problemOf(message: string): 'checksum' | 'length' | 'header' | 'data' {
  if (message === 'incorrect data check') return 'checksum'
  if (message === 'incorrect length check') return 'length'
  return /header|method/.test(message) ? 'header' : 'data'
}

/** Bytes of the length that follows a member's checksum; zlib stops before it if the checksum is wrong. */
const lengthBytes = 4

/** Unpacks the member at `from`. */
async function* memberAt(
  from: number,
  { stream, read, size }: { readonly stream: ZStream; readonly read: Read; readonly size: number },
): AsyncGenerator<Uint8Array<ArrayBuffer>, Ending> {
  for (let at = from; at < size; at += stream.input.length) {
    stream.input = await read(at, Math.min(inputSize, size - at))
    stream.next_in = 0
    stream.avail_in = stream.input.length
    do {
      stream.output = new Uint8Array(outputSize)
      stream.next_out = 0
      stream.avail_out = outputSize
      const status = zlibInflate(stream, Z_NO_FLUSH)
      if (stream.next_out > 0) yield stream.output.subarray(0, stream.next_out)
      const end = at + stream.next_in
      if (status === Z_STREAM_END) return { end }
      if (status === Z_OK || status === Z_BUF_ERROR) continue
      const problem = problemOf(stream.msg)
      return { end: end + (problem === 'checksum' ? lengthBytes : 0), problem }
    } while (stream.avail_in > 0 || stream.avail_out === 0)
  }
  return { end: size, problem: 'cut' }
}

const bytesText = (count: number) => (count === 1 ? 'byte is' : `${count} bytes are`)

/** Yields the unpacked content of a gzip file, and adds to `found` what is wrong with it. */
async function* contentOf(packed: Blob, name: string, found: Found): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  const [stream, read, { size }] = [new ZStream(), windowed(packed), packed]
  zlibInflateInit2(stream, gzipBits)
  let length = 0
  for (let [at, number] = [0, 1]; at < size; number++) {
    const [one, two] = await read(at, Math.min(2, size - at))
    if (one !== 0x1f || two !== 0x8b) {
      found.notes.push(`${name}: the last ${bytesText(size - at)} behind its end and no part of a gzip file.`)
      return
    }
    zlibInflateReset(stream)
    const header = new GZheader()
    zlibInflateGetHeader(stream, header)
    const [start, members] = [length, memberAt(at, { stream, read, size })]
    let step = await members.next()
    for (; !step.done; step = await members.next()) {
      if (Math.floor(length / pauseEvery) < Math.floor((length + step.value.length) / pauseEvery)) await pause()
      length += step.value.length
      yield step.value
    }
    const ending = step.value
    noteEnding(ending, { at, size, number, name, own: header.name, from: start, to: length }, found)
    if (ending.problem === 'data' || ending.problem === 'header') return
    at = await afterZeros(read, Math.min(size, ending.end), size)
  }
}

interface Member extends Damage {
  readonly at: number
  readonly size: number
  readonly number: number
  /** Name of the gzip file, and the name in the member's header. */
  readonly name: string
  readonly own: string | null
}

function noteEnding({ problem }: Ending, member: Member, found: Found): void {
  const { at, size, number, name, own, from, to } = member
  if (problem === undefined) return
  if (problem === 'cut') {
    const reason = `${name} is truncated here; the files behind it are missing: download or pack it again`
    found.refused.push({ path: `gzip byte ${size}`, reason })
    return
  }
  const title = own ? `, ${printable(decodeName(Uint8Array.from(own, (c) => c.charCodeAt(0))))}` : ''
  const rest = problem === 'data' || problem === 'header' ? ', and everything behind it is lost' : ''
  found.damaged.push({ from, to })
  found.refused.push({ path: `gzip byte ${at}`, reason: `member ${number}${title}: ${problems[problem]}${rest}` })
}

const streamOf = (chunks: AsyncGenerator<Uint8Array<ArrayBuffer>, void>): ReadableStream<Uint8Array> =>
  new ReadableStream({
    pull: async (controller) => {
      const step = await chunks.next()
      if (step.done) controller.close()
      else controller.enqueue(step.value)
    },
    cancel: async () => {
      await chunks.return()
    },
  })

/**
 * Unpacks a gzip file with `unpack`. A truncated file gives the content before the cut, and a damaged member the content
 * of the others. Throws DataError if there is no content that can be trusted or no space for it, or AbortError.
 */
export async function gunzip(packed: Blob, name: string, unpack: Unpack, signal: AbortSignal): Promise<Gunzipped> {
  const found: Found = { damaged: [], refused: [], notes: [] }
  const blob = await unpack(streamOf(contentOf(packed, name, found)), packed.size, signal).catch((error) => {
    signal.throwIfAborted()
    if (error instanceof DataError) throw new DataError(`${name}: ${error.message}`, { cause: error })
    throw unpackable(name, readingReason(error), error)
  })
  const lost = found.damaged.reduce((sum, { from, to }) => sum + to - from, 0)
  if (found.damaged.length > 0 && lost === blob.size) throw unpackable(name, found.refused[0].reason)
  if (blob.size < shortest && found.refused.length > 0) throw unpackable(name, 'it is truncated')
  return { blob, ...found }
}
