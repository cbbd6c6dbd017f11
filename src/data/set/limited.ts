/** Applies the setting `data.maxMegapixels`: images with more pixels are left out before they are decoded. */
import { table } from '../../config/table.ts'
import { limited, sizeRefusal } from '../decode/size-limit.ts'
import type { Check, Decode } from '../source.ts'
import type { KnownChecks } from './checks.ts'

/** The decoder and the known checks, both without the images that are too large. */
export function withinLimit(
  decode: Decode,
  known: KnownChecks,
  megapixels = table.data.maxMegapixels.default,
): { decode: Decode; known: KnownChecks } {
  const allowed = (check: Check | undefined): Check | undefined => {
    const reason = check && 'hash' in check ? sizeRefusal(check, megapixels) : null
    // Another limit may be set next time.
    return reason === null ? check : { reason, passing: true }
  }
  return {
    decode: limited(decode, megapixels),
    known: {
      ...known,
      find: async (entry) => allowed(await known.find(entry)),
      withBytes: async (entry, hash) => allowed(await known.withBytes(entry, hash)),
    },
  }
}
