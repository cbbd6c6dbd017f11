/** Copies a run that was found in a zip or a folder into a folder of its own. */
import type { Origin, RunInfo } from '../protocol/run-record.ts'
import type { EditableRunFiles } from './folders.ts'
import type { RunFiles } from './format/files.ts'
import { infoName, newInfo } from './format/info.ts'
import { jsonText } from './format/json-file.ts'
import { inCopyOrder, runPaths } from './run-paths.ts'

/** The name `ARM/seed-N` from the folders when they have this form. */
const planName = (folder: string): string | null => (/([^/]+)\/seed-\d+$/.test(folder) ? folder : null)

/** The run.json of an imported run: its own, without what belongs to the place that it comes from. */
export function importedInfo(
  own: RunInfo | null,
  folder: string,
  given: { readonly id: string; readonly name: string; readonly created: number; readonly origin: Origin },
): RunInfo {
  if (!own) return newInfo({ ...given, name: planName(folder) ?? given.name })
  return { ...own, id: given.id, origin: given.origin, pinned: false, deleted: null }
}

/**
 * Copies a run into an empty folder. run.json comes last, so that an interrupted copy is recognized. Rejects where a file is
 * damaged or the storage refuses.
 */
export async function copyRun(from: RunFiles, to: EditableRunFiles, info: RunInfo): Promise<void> {
  for (const path of inCopyOrder(await runPaths(from))) {
    if (path === infoName) continue
    const blob = await from.read(path)
    if (blob) await to.replace(path, blob)
  }
  await to.replace(infoName, jsonText(info))
}
