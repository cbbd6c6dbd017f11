/** The progress of reading a dataset, as text. */
import type { AuditState } from '../../store/state.ts'
import { count, duration, plural } from '../format.ts'

export const listingText = (files: number): string =>
  files === 0 ? 'Listing files…' : `${plural(files, 'file')} found…`

/** How far the images have been read in the background. `beside`: a run trains meanwhile. */
export function auditText({ done, total, left }: Pick<AuditState, 'done' | 'total' | 'left'>, beside: boolean): string {
  const so = `${count(done)} of ${count(total)} images checked`
  if (beside) return `${so}, slowly while the run trains`
  return left === null ? so : `${so}, ${duration(left)} left`
}
