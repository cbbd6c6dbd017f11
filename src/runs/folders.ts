/** The folders of runs: in the browser's storage, or in memory. */
import type { RunFiles, WritableRunFiles } from './format/files.ts'

/** The files of a run for changes beside its training, which replace whole files. */
export type EditableRunFiles = Omit<WritableRunFiles, 'append'>

export interface RunFolders {
  /** The names of all folders, which are ids of runs. */
  readonly ids: () => Promise<readonly string[]>
  /** The files of a folder; a folder that does not exist has none. */
  readonly open: (id: string) => RunFiles
  /** The files of a folder for changes, which creates it. */
  readonly edit: (id: string) => EditableRunFiles
  /**
   * Lets `work` write a new folder while no other tab writes it or takes it for one that was left behind. Rejects where another
   * tab does.
   */
  readonly writing: <T>(id: string, work: (files: EditableRunFiles) => Promise<T>) => Promise<T>
  /** Removes a folder with everything in it; does nothing where there is none. Rejects while its run trains. */
  readonly remove: (id: string) => Promise<void>
  /** Ids of the runs that a tab trains now, this one or another. */
  readonly training: () => Promise<ReadonlySet<string>>
}
