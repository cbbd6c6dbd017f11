/** Zips of runs that are dropped where runs and images may be dropped, and runs that the address names. */
import { messageOf } from '../../message.ts'
import { experiments } from '../../store/experiments/page.ts'

const isZip = (name: string): boolean => /\.zip$/i.test(name)

/** Imports zips of runs, shows the list, and opens a run that came alone. */
export async function importZips(files: readonly File[]): Promise<void> {
  const name = files.length === 1 ? files[0].name : `${files.length} files`
  const named = files.map((file) => ({ path: file.name, file }))
  experiments.showCenter('runs')
  await experiments.openLibrary()
  const ids = await experiments.importRuns(name, Promise.resolve(named))
  if (ids.length === 1) await experiments.openRun(ids[0])
}

/** Bytes of the largest zip that is searched for runs: listing an archive of a million images takes a while. */
const largest = 2 ** 31

/** Whether a dropped file is a zip of runs, not of images. */
export async function hasRuns(file: File): Promise<boolean> {
  if (!isZip(file.name) || file.size > largest) return false
  const { findRuns } = await import('../../runs/found-runs.ts')
  const { runs } = await findRuns([{ path: file.name, file }], file.name)
  return runs.length > 0
}

/** Opens the runs of `?run=ADDRESS`, a zip on the page's own server: a single one in the run view, several in the list. */
export async function openAddressOfRun(search: string, base: string): Promise<void> {
  const address = new URLSearchParams(search).get('run')
  if (!address) return
  experiments.showCenter('runs')
  try {
    await experiments.openLibrary()
    const ids = await experiments.openAddress(address, base)
    if (ids.length === 1) await experiments.openRun(ids[0])
  } catch (error) {
    experiments.reportProblem(messageOf(error))
  }
}
