/** The type of bad input, and the good images that accompany it. */
import { picture } from './archives.ts'

export interface NamedBytes {
  readonly path: string
  readonly bytes: Uint8Array
}

/** Files to open, with the expected outcome. */
export interface BadInput {
  readonly name: string
  readonly files: readonly NamedBytes[]
  /** Expected error message, if the dataset is refused. */
  readonly error?: RegExp
  /**
   * If the dataset is not refused, all good images are read, and these files are listed as unreadable with these
   * reasons.
   */
  readonly refused?: Readonly<Record<string, RegExp>>
  /** What the report's notes say. */
  readonly notes?: readonly RegExp[]
  /** Number of images that are read in addition to the six good ones. */
  readonly more?: number
}

/** Two classes of three images. */
export const goodFiles = (): Promise<NamedBytes[]> =>
  Promise.all(
    ['a', 'b'].flatMap((folder, c) =>
      [0, 1, 2].map(async (i) => ({
        path: `${folder}/${i}.${i === 2 ? 'jpg' : 'png'}`,
        bytes: new Uint8Array(await picture(60 * c + 9 * i, i === 2 ? 'jpeg' : 'png')),
      })),
    ),
  )
