/** What the state of the page means for its controls. */
import type { DataState, LabState, LoadedData, RunStatus } from './state.ts'

/** True from the press of Start to the end event. */
export const isActive = (status: RunStatus): boolean => status !== 'idle' && status !== 'ended'

/** The data that a run could use now. */
export function loadedData(data: DataState): LoadedData | null {
  if (data.status === 'ready') return data
  return data.status === 'none' ? null : data.previous
}

/** Why training cannot start, as a sentence with the cure, or null when it can. */
export function startBlocker({ run, device, data, fieldErrors }: LabState): string | null {
  if (isActive(run.status)) return 'A run is on.'
  if (device.status === 'refused') return 'Training needs WebGPU, which this browser does not give.'
  if (data.status === 'reading') return 'Wait until the images are read.'
  if (!loadedData(data)) return 'Choose data first: CIFAR-10 or an ImageNet subset.'
  const wrong = Object.keys(fieldErrors)
  if (wrong.length > 0) return `Correct what is marked: ${wrong.join(', ')}.`
  if (device.status === 'starting') return 'Wait until the GPU is ready.'
  return null
}
