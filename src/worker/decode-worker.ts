/** Decodes one image after another, beside others that do the same. */
import { decode } from '../data/decode-browser.ts'
import { reasonOf } from '../data/source.ts'
import type { DecodeAnswer, DecodeJob } from './decode-pool.ts'

const answer = (message: DecodeAnswer, transfer: Transferable[] = []) => postMessage(message, { transfer })

addEventListener('message', async ({ data: { id, bytes, side } }: MessageEvent<DecodeJob>) => {
  try {
    const decoded = await decode(bytes, side)
    answer({ id, decoded }, decoded.image ? [decoded.image.data.buffer as ArrayBuffer] : [])
  } catch (error) {
    answer({ id, reason: reasonOf(error) })
  }
})
