/** Where a run was interrupted and went on, and which run it comes from. */
import type { Moment } from '../protocol/run-events.ts'
import type { ResumeReason, RunParent } from '../protocol/run-record.ts'
import type { Logged, Run } from './reduce.ts'

/** The run that this one forked from or repeats; null for a run of its own. */
export const parentOf = ({ starts }: Pick<Run, 'starts'>): RunParent | null =>
  starts.findLast(({ parent }) => parent)?.parent ?? null

/** The run that this one forked from, with the point; null where it is no fork. */
export function forkOf(run: Pick<Run, 'starts'>): RunParent | null {
  const parent = parentOf(run)
  return parent?.kind === 'fork' ? parent : null
}

/** Why a run went on, as the beginning of a sentence. */
const reasons: Readonly<Record<ResumeReason, string>> = {
  user: 'Resumed',
  'device-lost': 'Resumed after the GPU was lost',
  'out-of-memory': 'Resumed after the GPU ran out of memory',
  'worker-crashed': 'Resumed after the training worker stopped',
}

/** A mark of the time line: the run went on here. */
export interface Continuation extends Moment {
  readonly kind: 'resumed' | 'fork'
  readonly text: string
}

const sentence = (begin: string, more: string) => (more === '' ? `${begin}.` : `${begin}: ${more.replace(/\.$/, '')}.`)

function continuationOf(start: Logged<'start'>, isFork: boolean): Continuation {
  const { fromStep: step = 0, stepsPerEpoch, parent, resumed } = start
  const at = { step, epoch: step / stepsPerEpoch }
  if (isFork && parent) {
    const zero = parent.momentum === 'zero' ? 'its momentum begins with zeros' : ''
    return { ...at, kind: 'fork', text: sentence(`Forked from ${parent.name}`, zero) }
  }
  return { ...at, kind: 'resumed', text: sentence(reasons[resumed?.reason ?? 'user'], resumed?.message ?? '') }
}

/** Every point at which the run went on: as a fork of its parent, or after an interruption. Ascending by step. */
export const continuations = ({ starts }: Pick<Run, 'starts'>): Continuation[] =>
  starts.flatMap((start, i) => {
    if (!start.fromStep && !start.resumed) return []
    // A start event of a resumption may repeat the parent of the run.
    const isFork = start.parent?.kind === 'fork' && !start.resumed && starts[i - 1]?.parent?.id !== start.parent.id
    return [continuationOf(start, isFork)]
  })
