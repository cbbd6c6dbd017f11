/** How a dataset of files is opened. */
import type { DataReport } from '../../protocol/data-report.ts'
import type { Decode, OpenWriter } from '../source.ts'
import type { CheckStore } from './checks.ts'
import type { SplitOptions } from './split.ts'
import type { ReadNames } from './wordnet.ts'

export interface OpenOptions extends SplitOptions {
  /** The dataset's name in reports and errors. */
  readonly name: string
  readonly decode: Decode
  /** Opens a cache for the pixels of the images; resolves with null if they are not cached. */
  readonly cache?: OpenWriter
  /**
   * What is known of the images once the dataset is open: `all` reads them, which is the default; `known` looks for the
   * checks of unchanged files, which reads samples of them; `none` only lists them.
   */
  readonly check?: 'all' | 'known' | 'none'
  /** Where the results of the checks are stored. */
  readonly checks?: CheckStore
  /** Tells this source from others of the same name, for the stored checks; by default its name. */
  readonly identity?: string
  /** Reads the table of WordNet names, for classes that the dataset does not name. */
  readonly readNames: ReadNames
  /** Files that the source refused; they are reported with the unreadable ones. */
  readonly refused?: DataReport['unreadable']
  /** Facts about the source; they are reported before the notes on the dataset. */
  readonly notes?: DataReport['notes']
}
