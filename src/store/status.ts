/** Derives the state of the page's controls. */
import type { RunConfig } from '../config/config.ts'
import type { Run } from '../runs/reduce.ts'
import type { RunStatus } from './run-status.ts'
import type { DataState, DeviceState, LabState, LoadedData } from './state.ts'

/** Statuses in which this page trains no run. */
const resting: ReadonlySet<RunStatus> = new Set(['idle', 'ended', 'interrupted', 'followed'])

/** True from the press of Start or Resume to the end event, also while the page recovers the run. */
export const isActive = (status: RunStatus): boolean => !resting.has(status)

/** True for a pause by the user and for one to measure. */
export const isPaused = (status: RunStatus): boolean => status === 'paused' || status === 'auto-paused'

/** True while this page trains a run, or resumes it. */
export const isTraining = ({ run }: LabState): boolean => isActive(run.status)

/** True while closing the page would lose results, because the active run is not stored, or no state of it is yet. */
export const closingLosesRun = ({ run, notStored }: LabState): boolean =>
  isActive(run.status) && (run.point < 0 || notStored !== null)

/** The dataset that a run could use now. */
export function loadedData(data: DataState): LoadedData | null {
  if (data.status === 'ready') return data
  return data.status === 'none' ? null : data.previous
}

/** The configuration of the active run; without one, the configuration in the form. */
export const configNow = ({ run, config }: LabState): RunConfig => (isActive(run.status) && run.config) || config

const deviceStarting = 'Wait until the GPU is ready.'

const refusedText = (reason: Extract<DeviceState, { status: 'refused' }>['reason']): string =>
  reason === 'no-webgpu'
    ? 'Training needs WebGPU, which this browser does not offer.'
    : 'The GPU could not be started; the message above the charts says why.'

function blockerOf({ run, device, data, measuring }: LabState, invalid: readonly string[]): string | null {
  if (isActive(run.status)) return 'A run is active. Stop it or wait until it ends.'
  if (measuring.current) return 'A measurement is running. Cancel it or wait until it ends.'
  if (device.status === 'refused') return refusedText(device.reason)
  if (data.status === 'reading') return 'Wait until the files are listed.'
  if (!loadedData(data)) return 'Choose a dataset first: CIFAR-10 or your own images.'
  if (invalid.length > 0) return `Correct the marked fields: ${invalid.join(', ')}.`
  return device.status === 'starting' ? deviceStarting : null
}

/** Why no configuration can be trained now, as a sentence with the cure; null when one can. */
export const runBlocker = (state: LabState): string | null => blockerOf(state, [])

/** Why no run can be resumed now, as a sentence with the cure; null when one can. The worker waits for its GPU. */
export function resumeBlocker(state: LabState): string | null {
  const blocker = runBlocker(state)
  return blocker === deviceStarting ? null : blocker
}

/** Why the form's weights cannot be used now, as a sentence with the cure; null when they can. */
function weightsBlocker({ weights }: LabState): string | null {
  if (weights.status === 'reading') return 'Wait until the weights are read.'
  if (weights.status === 'refused') return 'Choose other weights in Train, or remove them.'
  if (weights.status === 'ready' && weights.prefix === null)
    return `Choose which weights of ${weights.report.file} to use, in Train.`
  return null
}

/** Why the configuration in the form cannot be trained now, as a sentence with the cure; null when it can. */
export const startBlocker = (state: LabState): string | null =>
  blockerOf(state, Object.keys(state.fieldErrors)) ?? weightsBlocker(state)

/** True for an opened run whose copy here has no checkpoint file, until it goes on and saves one. */
export const isBare = ({ withoutCheckpoints }: LabState, { id, checkpoints }: Run): boolean =>
  checkpoints.length <= (withoutCheckpoints.get(id) ?? -1)

const bareText =
  'This copy of the run has no checkpoint files, so it cannot be measured here. Train it yourself, or open the whole run with its checkpoints.'

/** Why a run cannot be measured now, as a sentence with the cure; null when it can. */
export function measureBlocker(state: LabState, run: Run | null): string | null {
  const { device, measuring } = state
  const { status } = state.run
  if (isActive(status) && !isPaused(status))
    return 'Measurements need the GPU to themselves. They can start when the run is paused or has ended.'
  if (!run?.start) return 'Train a network first. Measurements use its checkpoints.'
  if (run.checkpoints.length === 0) return 'This run saved no checkpoint, so it cannot be measured.'
  if (isBare(state, run)) return bareText
  if (device.status !== 'ready') return 'Wait until the GPU is ready.'
  return measuring.current ? 'A measurement is running. Cancel it or wait until it ends.' : null
}
