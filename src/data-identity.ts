/** What identifies the images of a dataset in a run's tables and comparisons. */

import type { UsedImages } from './protocol/environment.ts'

interface Identified {
  readonly fingerprint: string
  readonly contents?: string | null
  readonly used?: UsedImages
}

/**
 * The hash of the contents of a run's validation images, which every command reads; in records of earlier versions that of the
 * whole dataset; of the list of files where no contents are known.
 */
export const identityOf = ({ used, contents, fingerprint }: Identified): string =>
  used?.validation ?? contents ?? fingerprint

/** Whether two runs' own images are the same, as far as both were read. */
const areSameUsed = (a: UsedImages, b: UsedImages): boolean =>
  a.validation === b.validation && (a.train === null || b.train === null || a.train === b.train)

/** Whether the contents of the images can be compared; otherwise only their list can. */
export const comparesContents = (a: Identified, b: Identified): boolean =>
  a.used || b.used ? !!(a.used && b.used) : typeof a.contents === 'string' && typeof b.contents === 'string'

/**
 * Whether two datasets have the same images: by the contents of a run's own images, or of all in records of earlier versions,
 * where both are known; otherwise by their list, which does not show other bytes of equal length. A dataset has the images of
 * a run by its list, until the run's own have been read.
 */
export function haveSameImages(a: Identified, b: Identified): boolean {
  if (a.used && b.used) return a.fingerprint === b.fingerprint && areSameUsed(a.used, b.used)
  return !comparesContents(a, b) ? a.fingerprint === b.fingerprint : a.contents === b.contents
}

/** The digits of an identity that the rows of tables contain. */
export const rowIdentity = (identity: string): string => identity.slice(0, 16)

/** The digits of a fingerprint that sentences contain. */
export const shownFingerprint = (fingerprint: string): string => fingerprint.slice(0, 12) || 'not recorded'
