/** Decides whether the page resumes a failed run by itself. Pure: the page carries the decision out. */
import type { ResumeReason } from '../protocol/run-record.ts'

export type FailureCause = Exclude<ResumeReason, 'user'>

/** The failures of a run since its newest resume point. */
export interface Attempts {
  /** Step of the newest resume point at the last failure; −1 where there was none. */
  readonly point: number
  readonly failures: number
  /** How many of the failures were for lack of memory. */
  readonly allocations: number
}

export interface Failure {
  readonly cause: FailureCause
  /** Step of the run's newest resume point; −1 where there is none. */
  readonly point: number
  readonly microBatchSize: number
}

export type Decision =
  /** `delay`: milliseconds to wait first. */
  | { readonly action: 'retry'; readonly attempts: Attempts; readonly delay: number }
  | { readonly action: 'give-up'; readonly advice: string }

export const noAttempts: Attempts = { point: -1, failures: 0, allocations: 0 }

/** A run that fails this often without a new resume point is not resumed again. */
export const mostFailures = 3

/** Memory that was lacking twice will be lacking again. */
const mostAllocations = 2

/** The GPU's process takes a moment to start again. */
const delays = [1000, 5000] as const

const advices: Readonly<Record<FailureCause, string>> = {
  'device-lost':
    'Close other pages and programs that use the GPU, reload this page, and resume the run. If the GPU fails again, update its driver or use a smaller micro-batch.',
  'worker-crashed':
    'Reload this page and resume the run. If the worker stops again, close other tabs, because it may lack memory.',
  'out-of-memory': '',
}

const memoryAdvice = (size: number): string =>
  size > 2
    ? `Close other pages and programs that use the GPU, and resume the run. If memory is still short, start a new run with train.microBatchSize ${Math.max(2, Math.floor(size / 2))} or less.`
    : 'Close other pages and programs that use the GPU, and resume the run. If memory is still short, use a smaller model.'

/** The failures so far and one more. Those before a new resume point do not count. */
function counted(before: Attempts, { cause, point }: Failure): Attempts {
  const { failures, allocations } = point > before.point ? noAttempts : before
  return {
    point: Math.max(before.point, point),
    failures: failures + 1,
    allocations: allocations + (cause === 'out-of-memory' ? 1 : 0),
  }
}

/** What to do after a failure: resume after a moment, or stop with advice. */
export function decide(before: Attempts, failure: Failure): Decision {
  const attempts = counted(before, failure)
  if (attempts.allocations >= mostAllocations)
    return { action: 'give-up', advice: memoryAdvice(failure.microBatchSize) }
  if (attempts.failures < mostFailures)
    return { action: 'retry', attempts, delay: delays[Math.min(attempts.failures, delays.length) - 1] }
  const advice = failure.cause === 'out-of-memory' ? memoryAdvice(failure.microBatchSize) : advices[failure.cause]
  return { action: 'give-up', advice }
}
