import type { Step } from '../../store/page-view.ts'
import type { LabState } from '../../store/state.ts'
import { loadedData } from '../../store/status.ts'
import { sectionOf } from '../controls/sections.ts'

type State = Pick<LabState, 'device' | 'data' | 'fieldErrors' | 'weights' | 'measuring'>

/** The step in which the user removes what blocks the start; null where only waiting or another browser helps. */
export function blockerStep({ device, data, fieldErrors, weights, measuring }: State): Step | null {
  if (measuring.current || device.status === 'refused' || data.status === 'reading') return null
  if (!loadedData(data)) return 'data'
  const [wrong] = Object.keys(fieldErrors)
  if (wrong) return sectionOf(wrong)
  return weights.status === 'refused' || weights.status === 'ready' ? 'train' : null
}
