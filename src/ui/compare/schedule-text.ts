/** Schedules of α as text. */
import type { Window } from '../../config/fields.ts'
import { alphaText } from '../format.ts'

const windowText = ({ fromEpoch, toEpoch, alpha }: Window) => `${fromEpoch}–${toEpoch}: α ${alphaText(alpha)}`

/** A schedule as text: `epochs 2–5: α −2; 8–10: α 1`, or `none` without windows. */
export const scheduleText = (schedule: readonly Window[]): string =>
  schedule.length === 0 ? 'none' : `epochs ${schedule.map(windowText).join('; ')}`
