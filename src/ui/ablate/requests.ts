/** Turns the fields of the step Ablate into measurement requests. */
import type { AblationMode, AblationOrder, CheckpointName, IndexName } from '../../protocol/measurement.ts'
import type { Run } from '../../runs/reduce.ts'
import type { MeasurementRequest } from '../../store/measurement-request.ts'
import { checkpointAt } from '../plot/moment.ts'

/**
 * `moment` is the checkpoint at the moment that the views show, `all` is every checkpoint, any other value is a file
 * name.
 */
export type Where = 'moment' | 'all' | (string & {})

export interface AblateFields {
  readonly where: Where
  readonly mode: AblationMode
  readonly modules: readonly string[]
  readonly orders: readonly AblationOrder[]
  readonly draws: number
  readonly points: number
  /** Number of units per module; null for all. */
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

/** Parses epochs such as `2, 5`. Every epoch must have a checkpoint that is still to come. No epochs after an error. */
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
    return refused(
      `No checkpoint at epoch ${wrong || '(empty)'}. Epochs with a checkpoint: ${saved[0]} … ${saved.at(-1)}.`,
    )
  }
  const past = epochs.find((epoch) => epoch <= now)
  if (past !== undefined) return refused(`Epoch ${past} has passed. Select it under “Checkpoint” above.`)
  return { epochs: [...new Set(epochs)], error: null }
}

export type RequestKind = 'curves' | 'effects' | 'linearity' | 'indices'

/** The measurement request of each button. */
export function requestOf(
  kind: RequestKind,
  run: Run,
  fields: AblateFields,
  moment: number | null,
): MeasurementRequest {
  const { mode, modules, orders, draws, points, sample } = fields
  const checkpoints = checkpointsOf(run, fields.where, moment)
  if (kind === 'curves') return { kind, checkpoints, mode, modules, orders, draws, points }
  if (kind === 'effects') return { kind, checkpoints, mode, units: { modules, sample } }
  return kind === 'linearity' ? { kind, checkpoints } : { kind, checkpoints, indices }
}
