/** Makes a split from the image files of a dataset. */
import { sha256 } from '../../sha256.ts'
import { DataError, type ImageFile, reasonOf, type Split } from '../source.ts'
import { type Checks, checkOne, type ListedImage } from './check-all.ts'

/** `position`: class id → class index. What is learned about an image is kept in `checks`. */
export function splitFrom(
  images: readonly Pick<ListedImage, 'at' | 'classId'>[],
  position: ReadonlyMap<string, number>,
  checks: Checks,
): Split {
  return {
    labels: Int32Array.from(images, ({ classId }) => position.get(classId) as number),
    file: (index) => fileOf(checks, images[index].at),
    read: async (index, signal, side = Number.POSITIVE_INFINITY) => {
      signal?.throwIfAborted()
      const { at } = images[index]
      const { entry } = checks.listed[at]
      try {
        const bytes = await entry.read()
        const check = checks.results[at]
        if (check && 'hash' in check && (await sha256(bytes)) !== check.hash)
          throw new Error('the file has changed since it was listed')
        const { image } = await checks.decode(bytes, side)
        if (!image) throw new Error('the decoder returned no pixels')
        return image
      } catch (error) {
        throw new DataError(`cannot read ${entry.path}: ${reasonOf(error)}`, { cause: error })
      }
    },
  }
}

/** A file whose check, once made, serves later runs on the same dataset. */
function fileOf(checks: Checks, at: number): ImageFile {
  const check = checks.results[at]
  const read = check && 'hash' in check ? check : null
  return {
    path: checks.listed[at].entry.path,
    hash: read?.hash ?? null,
    size: read && { width: read.width, height: read.height },
    isUnreadable: check !== null && 'reason' in check,
    check: (cache) => checkOne(checks, at, cache),
  }
}
