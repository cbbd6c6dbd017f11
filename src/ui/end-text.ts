/** The reason for which a run ended, in a word or two. */
import type { EndReason } from '../protocol/run-events.ts'

export const endText: Readonly<Record<EndReason, string>> = {
  finished: 'Finished',
  stopped: 'Stopped',
  diverged: 'Diverged',
  'device-lost': 'Device lost',
  'out-of-memory': 'Out of memory',
  'data-error': 'Data error',
  error: 'Failed',
}
