/**
 * Resumes a failed run without the user: rebuilds the worker or the device, reads the images again where the worker has lost
 * them, and goes on from the newest resume point.
 */
import { messageOf } from '../message.ts'
import type { EndEvent, EndReason } from '../protocol/run-events.ts'
import { wait } from '../wait.ts'
import { type Attempts, decide, type FailureCause } from './attempts.ts'
import { changeStatus, type LabContext, say } from './context.ts'
import { readFor } from './data-actions.ts'
import { momentOf } from './moment.ts'
import { cancelled, isAbort } from './pending.ts'
import { closeWorker } from './replace-worker.ts'
import { postResume } from './resume-run.ts'
import { addEvent } from './run-events.ts'
import { hasImagesOf, otherImages } from './same-images.ts'
import { notPreparing } from './state.ts'
import { loadedData } from './status.ts'

/** Ends of a run after which the page resumes it. */
const causes: Readonly<Partial<Record<EndReason, FailureCause>>> = {
  'device-lost': 'device-lost',
  'out-of-memory': 'out-of-memory',
}

const reasons: Readonly<Record<FailureCause, EndReason>> = {
  'device-lost': 'device-lost',
  'out-of-memory': 'out-of-memory',
  'worker-crashed': 'error',
}

/** The cause of an end after which the page resumes the run; null for other ends. */
export const causeOf = ({ reason }: EndEvent): FailureCause | null => causes[reason] ?? null

/** Ends the active run. It can be resumed later. */
function endActive(lab: LabContext, ending: Pick<EndEvent, 'reason' | 'message' | 'advice'>): void {
  const current = lab.series.current()
  if (current) addEvent(lab, { type: 'end', ...momentOf(current), ...ending, time: current.time })
}

/**
 * Whether the page can resume the active run: it has started, the user does not stop it, and resuming loses nothing that only
 * the page has.
 */
function canRecover({ store, series }: LabContext): boolean {
  const { run, notStored } = store.getState()
  const { start, steps } = series.current() ?? {}
  const isSaved = (run.point >= 0 && notStored === null) || steps?.length === 0
  return run.status !== 'stopping' && !!start && isSaved
}

/**
 * Resumes the active run after a failure, or ends it with advice where that has not helped. Returns false, and changes
 * nothing, where the run cannot be resumed.
 */
export function recover(lab: LabContext, cause: FailureCause, message: string): boolean {
  const { store } = lab
  if (!canRecover(lab)) return false
  cancelRecovery(lab)
  const { point, attempts, config } = store.getState().run
  const microBatchSize = config?.train.microBatchSize ?? 0
  const decision = decide(attempts, { cause, point, microBatchSize })
  if (decision.action === 'give-up') {
    endActive(lab, { reason: reasons[cause], message, advice: decision.advice })
    return true
  }
  showRecovery(lab, cause, message, decision.attempts)
  void resumeSoon(lab, cause, decision.delay)
  return true
}

function showRecovery(lab: LabContext, cause: FailureCause, message: string, attempts: Attempts): void {
  const { store, series } = lab
  const { run } = store.getState()
  const before = run.recovery
  const current = series.current()
  const at = before?.at ?? (current ? momentOf(current) : run.moment)
  const recovery = { cause, message, at, paused: before?.paused ?? run.status === 'paused' }
  changeStatus(lab, 'recover')
  store.setState(({ run }) => ({ run: { ...run, attempts, recovery }, failure: null, ...notPreparing }))
  say(lab, `The run was interrupted at step ${at.step}: ${message} The page resumes it.`)
}

/** Cancels the preparation of an attempt, before its start command. */
function cancelRecovery({ pending }: LabContext): void {
  pending.recovery?.abort()
  pending.recovery = null
}

async function resumeSoon(lab: LabContext, cause: FailureCause, delay: number): Promise<void> {
  const { pending } = lab
  const controller = new AbortController()
  pending.recovery = controller
  const isNewest = () => pending.recovery === controller
  try {
    await wait(delay, controller.signal)
    // A new worker begins with free memory.
    if (cause === 'out-of-memory') closeWorker(lab)
    await resumeNow(lab, cause, controller.signal)
    if (isNewest()) pending.recovery = null
  } catch (error) {
    if (isNewest()) attemptFailed(lab, cause, error)
  }
}

/** Reads the images where the worker has lost them, and posts the start command. */
async function resumeNow(lab: LabContext, cause: FailureCause, signal: AbortSignal): Promise<void> {
  const { series, store } = lab
  const run = series.current()
  const { config, recovery } = store.getState().run
  if (!run?.start || !config) return
  await readFor(lab, config, signal)
  signal.throwIfAborted()
  const loaded = loadedData(store.getState().data)
  if (!loaded) throw new ChangedData('The images of the run are no longer open.')
  if (!hasImagesOf(run.start, loaded)) throw new ChangedData(`${otherImages(run.start, loaded)}.`)
  postResume(lab, { run, config, mark: { reason: cause, message: recovery?.message ?? '' }, acceptChanged: false })
}

/** Trying again does not help. */
class ChangedData extends Error {
  override name = 'ChangedData'
}

/** An attempt failed before its start command. */
function attemptFailed(lab: LabContext, cause: FailureCause, error: unknown): void {
  const advice = 'Everything up to the last resume point is saved: resume the run from there.'
  if (isAbort(error)) endActive(lab, { reason: 'stopped', message: 'Stopped while the page resumed the run.', advice })
  else if (error instanceof ChangedData) endActive(lab, { reason: 'data-error', message: error.message, advice })
  else recover(lab, cause, messageOf(error))
}

/** Stops a recovery before its start command; false where the worker must stop the run. */
export function stopRecovery(lab: LabContext): boolean {
  if (!lab.pending.recovery) return false
  cancelRecovery(lab)
  attemptFailed(lab, 'worker-crashed', cancelled('Stopped.'))
  return true
}
