/** Runs that are dropped where no drop area for them is: on the charts, or on the area for images. */
import type { DragEvent } from 'react'
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

const draggedFiles = ({ dataTransfer }: DragEvent): boolean =>
  [...dataTransfer.items].some(({ kind, type }) => kind === 'file' && (type === '' || type.includes('zip')))

/** Handlers of an element on which zips of runs may be dropped. */
export const runDrop = {
  onDragOver: (event: DragEvent): void => {
    if (!draggedFiles(event)) return
    event.preventDefault()
    event.stopPropagation()
    event.dataTransfer.dropEffect = 'copy'
  },
  onDrop: (event: DragEvent): void => {
    const files = [...event.dataTransfer.files].filter(({ name }) => isZip(name))
    if (files.length === 0) return
    event.preventDefault()
    event.stopPropagation()
    void importZips(files)
  },
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
