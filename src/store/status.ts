/** What the state of the page means for its controls. */
import type { Run } from '../runs/reduce.ts'
import type { DataState, LabState, LoadedData, RunStatus } from './state.ts'

/** True from the press of Start to the end event. */
export const isActive = (status: RunStatus): boolean => status !== 'idle' && status !== 'ended'

/** The data that a run could use now. */
export function loadedData(data: DataState): LoadedData | null {
  if (data.status === 'ready') return data
  return data.status === 'none' ? null : data.previous
}

/** Why training cannot start, as a sentence with the cure, or null when it can. */
export function startBlocker({ run, device, data, fieldErrors, measuring }: LabState): string | null {
  if (isActive(run.status)) return 'A run is on.'
  if (measuring.current) return 'A measurement is on: cancel it or wait for its end.'
  if (device.status === 'refused') return 'Training needs WebGPU, which this browser does not give.'
  if (data.status === 'reading') return 'Wait until the images are read.'
  if (!loadedData(data)) return 'Choose data first: CIFAR-10 or an ImageNet subset.'
  const wrong = Object.keys(fieldErrors)
  if (wrong.length > 0) return `Correct what is marked: ${wrong.join(', ')}.`
  if (device.status === 'starting') return 'Wait until the GPU is ready.'
  return null
}

/** Why nothing can be measured on a run, as a sentence with the cure, or null when it can. */
export function measureBlocker({ run: { status }, device, measuring }: LabState, run: Run | null): string | null {
  if (isActive(status) && status !== 'paused')
    return 'Measurements need the GPU to themselves: they can start when the run is paused or has ended.'
  if (!run?.start) return 'Train a network first: its checkpoints are what is measured.'
  if (run.checkpoints.length === 0) return 'This run kept no checkpoint, so there is nothing to measure.'
  if (device.status !== 'ready') return 'Wait until the GPU is ready.'
  return measuring.current ? 'A measurement is on.' : null
}
