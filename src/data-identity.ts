/** What identifies the images of a dataset in a run's tables and comparisons. */

interface Identified {
  readonly fingerprint: string
  readonly contents?: string | null
}

/** The hash of the images' contents; of their list where not all contents are known. */
export const identityOf = ({ contents, fingerprint }: Identified): string => contents ?? fingerprint

/**
 * Whether two datasets have the same images: by their contents where both are known, otherwise by their list, which does not
 * show other bytes of equal length.
 */
export const haveSameImages = (a: Identified, b: Identified): boolean =>
  typeof a.contents === 'string' && typeof b.contents === 'string'
    ? a.contents === b.contents
    : a.fingerprint === b.fingerprint

/** The digits of an identity that the rows of tables contain. */
export const rowIdentity = (identity: string): string => identity.slice(0, 16)

/** The digits of a fingerprint that sentences contain. */
export const shownFingerprint = (fingerprint: string): string => fingerprint.slice(0, 12) || 'not recorded'
