/** Decodes images one after another, in parallel with other workers. */
import { decodeInto } from '../data/decode/decode-browser.ts'
import { reasonOf } from '../data/source.ts'
import type { DecodeAnswer, DecodeJob } from './decode-pool.ts'

const answer = (message: DecodeAnswer, transfer: Transferable[] = []) => postMessage(message, { transfer })

addEventListener('message', async ({ data: { id, bytes, side, spare } }: MessageEvent<DecodeJob>) => {
  // A spare buffer is used if it is large enough, and returns with the image.
  const memory = (length: number) =>
    spare && spare.byteLength >= length ? new Uint8Array(spare, 0, length) : new Uint8Array(length)
  try {
    const decoded = await decodeInto(bytes, side, memory)
    answer({ id, decoded }, decoded.image ? [decoded.image.data.buffer as ArrayBuffer] : [])
  } catch (error) {
    answer({ id, reason: reasonOf(error) })
  }
})
