/** The progress of reading a dataset, as text. */
import type { DataState } from '../../store/state.ts'
import { count, duration, plural } from '../format.ts'

type Reading = Extract<DataState, { status: 'reading' }>

export function readingText({ done, total, left, skipping }: Pick<Reading, 'done' | 'total' | 'left' | 'skipping'>) {
  if (total === 0) return done === 0 ? 'Listing files…' : `${plural(done, 'file')} found…`
  const so = `${count(done)} of ${count(total)}`
  if (skipping) return `${so}, skipping the rest`
  return left === null ? so : `${so}, ${duration(left)} left`
}
