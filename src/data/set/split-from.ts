/** Makes a split from the image files of a dataset. */
import { sha256 } from '../hash.ts'
import { DataError, type Decode, type ImageFile, reasonOf, type Split } from '../source.ts'
import type { Readable, SetImage } from './audit.ts'
import { checkImage } from './check-image.ts'
import type { KnownChecks } from './checks.ts'

/** `position`: class id → class index. Checks of images that were skipped before are added to `known`. */
export function splitFrom(
  images: readonly SetImage[],
  position: ReadonlyMap<string, number>,
  decode: Decode,
  known: KnownChecks,
): Split {
  const checks = images.map(({ check }) => check)
  return {
    labels: Int32Array.from(images, ({ classId }) => position.get(classId) as number),
    file: (index) => fileOf(images, checks, index, decode, known),
    read: async (index, signal, side = Number.POSITIVE_INFINITY) => {
      signal?.throwIfAborted()
      const { entry } = images[index]
      try {
        const bytes = await entry.read()
        const hash = checks[index]?.hash
        if (hash !== undefined && (await sha256(bytes)) !== hash) throw new Error(changed)
        const { image } = await decode(bytes, side)
        if (!image) throw new Error('the decoder returned no pixels')
        return image
      } catch (error) {
        throw new DataError(`cannot read ${entry.path}: ${reasonOf(error)}`, { cause: error })
      }
    },
  }
}

const changed = 'the file has changed since it was listed'

/** A file whose check, once made, serves later runs on the same dataset. */
function fileOf(
  images: readonly SetImage[],
  checks: (Readable | null)[],
  index: number,
  decode: Decode,
  known: KnownChecks,
): ImageFile {
  const { entry } = images[index]
  const check = checks[index]
  return {
    path: entry.path,
    hash: check?.hash ?? null,
    size: check && { width: check.width, height: check.height },
    check: async (cache) => {
      const result = await checkImage(entry, decode, cache, known)
      if (!('hash' in result)) return result
      if (check && result.hash !== check.hash) return { reason: changed, passing: true }
      checks[index] = result
      return result
    },
  }
}
