/** What the Ablate step's fields ask for. */
import type { AblationMode, AblationOrder, CheckpointName, IndexName } from '../../protocol/measurement.ts'
import type { Run } from '../../runs/reduce.ts'
import type { MeasurementRequest } from '../../store/measurement-request.ts'
import { checkpointAt } from '../plot/moment.ts'

/** `moment`: the checkpoint of the moment that the views show; otherwise all, or a file. */
export type Where = 'moment' | 'all' | (string & {})

export interface AblateFields {
  readonly where: Where
  readonly mode: AblationMode
  readonly modules: readonly string[]
  readonly orders: readonly AblationOrder[]
  readonly draws: number
  readonly points: number
  /** Units of each module; null for all. */
  readonly sample: number | null
}

export const firstFields = (run: Run): AblateFields => ({
  where: 'moment',
  mode: 'zero',
  modules: modulesOf(run),
  orders: ['selective', 'random', 'least'],
  draws: 5,
  points: 11,
  sample: 64,
})

export const modulesOf = (run: Run): string[] => [...new Set(run.start?.sites.map(({ module }) => module))]

const indices: readonly IndexName[] = ['selectivity', 'ccmas', 'dprime', 'precision']

export function checkpointsOf(run: Run, where: Where, moment: number | null): CheckpointName[] {
  const at = checkpointAt(run, moment)
  const chosen = run.checkpoints.filter(
    ({ file }) => where === 'all' || file === where || (where === 'moment' && file === at?.file),
  )
  return chosen.map(({ file, epoch }) => ({ file, epoch }))
}

/** Epochs as they are typed, `2, 5`, of those with a checkpoint to come; with an error, none. */
export function parseEpochs(
  text: string,
  saved: readonly number[],
  now: number,
): { readonly epochs: readonly number[]; readonly error: string | null } {
  const refused = (error: string) => ({ epochs: [], error })
  const parts = text.split(',').map((part) => part.trim())
  if (text.trim() === '') return { epochs: [], error: null }
  const epochs = parts.map((part) => (part === '' ? Number.NaN : Number(part)))
  const wrong = parts.find((_, i) => !saved.includes(epochs[i]))
  if (wrong !== undefined) {
    return refused(`${wrong || 'Nothing'} is no epoch with a checkpoint; there are ${saved[0]} … ${saved.at(-1)}.`)
  }
  const past = epochs.find((epoch) => epoch <= now)
  if (past !== undefined) return refused(`Epoch ${past} is past: choose it at “Checkpoint” above.`)
  return { epochs: [...new Set(epochs)], error: null }
}

export type WishKind = 'curves' | 'effects' | 'linearity' | 'indices'

/** What each button of the step measures. */
export function wishOf(kind: WishKind, run: Run, fields: AblateFields, moment: number | null): MeasurementRequest {
  const { mode, modules, orders, draws, points, sample } = fields
  const checkpoints = checkpointsOf(run, fields.where, moment)
  if (kind === 'curves') return { kind, checkpoints, mode, modules, orders, draws, points }
  if (kind === 'effects') return { kind, checkpoints, mode, units: { modules, sample } }
  return kind === 'linearity' ? { kind, checkpoints } : { kind, checkpoints, indices }
}
