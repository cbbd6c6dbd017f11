/** Reads checkpoints of runs from the browser's storage. */
import { openRunReader, type RunReader } from '../runs/format/reader.ts'
import type { RunStorage } from './host.ts'

/** Reads a file of a run's checkpoints. */
export type ReadCheckpoint = (file: string) => Promise<Uint8Array<ArrayBuffer>>

async function readerOf({ open }: Pick<RunStorage, 'open'>, id: string, name: string): Promise<RunReader | null> {
  const files = open(id)
  return (await files.list('')).length > 0 ? openRunReader(files, name) : null
}

/**
 * Reads the checkpoints of a stored run. Rejects where the browser does not have one, and with RunError where its contents
 * are not those that were saved.
 */
export function checkpointsOf(runs: Pick<RunStorage, 'open'>, id: string, name: string): ReadCheckpoint {
  let reader: Promise<RunReader | null> | null = null
  return async (file) => {
    reader ??= readerOf(runs, id, name)
    const run = await reader
    const saved = (await run?.checkpoints())?.find((one) => one.file === file)
    const bytes = saved ? await run?.checkpoint(saved) : null
    if (!bytes) throw new Error(`This browser does not have ${file} of the run ${name}.`)
    return bytes
  }
}
