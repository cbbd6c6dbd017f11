/** Reads an image file once: checks that it can be decoded, collects its facts, and caches its pixels. */

import { sha256 } from '../../sha256.ts'
import { headerOf } from '../decode/header.ts'
import type { Entry } from '../entry.ts'
import { type CacheWriter, type Check, type Decode, PassingError, reasonOf } from '../source.ts'
import type { KnownChecks } from './checks.ts'

async function checkBytes(bytes: Uint8Array, hash: string, decode: Decode, cache: CacheWriter | null): Promise<Check> {
  try {
    const header = headerOf(bytes)
    const { width, height, image, release } = await decode(bytes, cache && !cache.has(hash) ? cache.side : 0)
    if (image) await cache?.put(hash, image)
    release?.()
    return { width, height, hash, header }
  } catch (error) {
    return { reason: reasonOf(error), content: hash, ...(error instanceof PassingError ? { passing: true } : {}) }
  }
}

/**
 * The check of a file, which is added to `known`. A file with the same bytes as at its last check is not decoded again,
 * unless its pixels are missing in the cache. Never rejects: the result of a failure states its reason.
 */
export async function checkImage(
  entry: Entry,
  decode: Decode,
  cache: CacheWriter | null,
  known: KnownChecks,
): Promise<Check> {
  let bytes: Uint8Array
  try {
    bytes = await entry.read()
  } catch (error) {
    return { reason: reasonOf(error), passing: true }
  }
  const hash = await sha256(bytes)
  const before = await known.withBytes(entry, hash)
  const isCached = before !== undefined && (!cache || 'reason' in before || cache.has(hash))
  const check = isCached ? before : await checkBytes(bytes, hash, decode, cache)
  await known.add(entry, check, bytes)
  return check
}
