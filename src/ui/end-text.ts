/** The reason why a run ended, in one or two words. */
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
