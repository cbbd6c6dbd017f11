/** Drops on the charts: zips of runs are imported, everything else is read as images. */
import type { DragEvent } from 'react'
import { lab, labStore } from '../../store/lab.ts'
import { openStep } from '../../store/page-view.ts'
import { isActive } from '../../store/status.ts'
import { hasRuns, importZips } from '../runs/dropped-runs.ts'
import { droppedHandles, nameOf } from './handles.ts'

const hasFiles = ({ dataTransfer }: DragEvent): boolean => [...dataTransfer.items].some(({ kind }) => kind === 'file')

async function allHaveRuns(files: readonly File[]): Promise<boolean> {
  const found = await Promise.all(files.map(hasRuns))
  return found.length > 0 && found.every(Boolean)
}

async function take(files: readonly File[], pending: Promise<readonly FileSystemHandle[]> | null): Promise<void> {
  if (await allHaveRuns(files)) return importZips(files)
  openStep('data')
  // The step says why no images can be opened now.
  const { run, data } = labStore.getState()
  if (isActive(run.status) || data.status === 'reading') return
  const handles = (await pending) ?? []
  if (handles.length > 0) return lab.readHandles(nameOf(handles, 'dropped'), handles)
  lab.refuseData('Drop the images on the area in the step Data.')
}

/** Handlers of an element on which files may be dropped. */
export const pageDrop = {
  onDragOver: (event: DragEvent): void => {
    if (!hasFiles(event)) return
    event.preventDefault()
    event.stopPropagation()
    event.dataTransfer.dropEffect = 'copy'
  },
  onDrop: (event: DragEvent): void => {
    if (!hasFiles(event)) return
    event.preventDefault()
    event.stopPropagation()
    // The browser hands out files and handles only while it delivers the event.
    void take([...event.dataTransfer.files], droppedHandles(event.dataTransfer))
  },
}
