/** The state of a run in one or two words. */
import type { Run } from '../../runs/reduce.ts'
import type { RunStatus } from '../../store/run-status.ts'
import { endText } from '../end-text.ts'

const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1)

export function stateText(status: RunStatus, run: Run | null): string {
  switch (status) {
    case 'idle':
      return 'Not started'
    case 'starting':
      return 'Preparing'
    case 'running':
      return capital(run?.activity && run.activity !== 'paused' ? run.activity : 'training')
    case 'paused':
    case 'auto-paused':
      return run?.activity === 'paused' ? 'Paused' : 'Pausing'
    case 'stopping':
      return 'Stopping'
    case 'recovering':
      return 'Recovering'
    case 'interrupted':
      return 'Interrupted'
    case 'followed':
      return 'In another tab'
    case 'ended':
      return run?.end ? endText[run.end.reason] : 'Ended'
    default:
      return status satisfies never
  }
}
