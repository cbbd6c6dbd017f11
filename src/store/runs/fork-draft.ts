/** The fork that the user describes: where it leaves its parent, and what it changes. */
import { ConfigError, parseConfig, type RunConfig, setField, setFieldText } from '../../config/config.ts'
import type { Window } from '../../config/fields.ts'
import { requireForkable } from '../../config/fork.ts'
import type { LibraryRun } from '../experiments/state.ts'

export interface ForkDraft {
  /** The step of one of `forkPoints`. */
  readonly step: number
  readonly name: string
  /** Texts; an empty one keeps the parent's value. `alpha` applies from the fork's first step to its end. */
  readonly alpha?: string
  readonly learningRate?: string
  readonly epochs?: string
  /** Other changes, one `key=value` per line. */
  readonly changes: string
}

export interface ForkPoint {
  readonly step: number
  readonly epoch: number
  /** The checkpoint there; null for a resume point within an epoch. */
  readonly file: string | null
}

/** Epochs are recorded with eight digits; a window that begins a little earlier contains the fork's first step. */
const windowStart = (epoch: number) => Math.floor(epoch * 1e6) / 1e6

/** The parent's windows up to an epoch, and one with `alpha` from there to the end. */
function scheduleFrom(schedule: readonly Window[], epoch: number, epochs: number, alpha: number): Window[] {
  const from = windowStart(epoch)
  const before = schedule.flatMap((window) =>
    window.fromEpoch < from ? [{ ...window, toEpoch: Math.min(window.toEpoch, from) }] : [],
  )
  return alpha === 0 ? before : [...before, { fromEpoch: from, toEpoch: epochs, alpha }]
}

/** Throws ConfigError for a text that is no number from −100 to 100. */
function alphaOf(text: string): number {
  const alpha = Number(text)
  if (Math.abs(alpha) <= 100) return alpha
  throw new ConfigError('regularizer.schedule', `invalid α: ${text}; it must be a number from −100 to 100`)
}

/** The states from which a fork can begin, ascending. */
export function forkPoints({ facts }: Pick<LibraryRun, 'facts'>): ForkPoint[] {
  const points = new Map<number, ForkPoint>(facts.points.map(({ step, epoch }) => [step, { step, epoch, file: null }]))
  for (const { step, epoch, file } of facts.checkpoints) points.set(step, { step, epoch, file })
  return [...points.values()].sort((a, b) => a.step - b.step)
}

/** The newest of them from which the parent had epochs left, else the newest. */
export const forkStart = (run: Pick<LibraryRun, 'facts' | 'record'>): number => {
  const points = forkPoints(run)
  return (points.findLast(({ epoch }) => epoch < run.record.config.train.epochs) ?? points.at(-1))?.step ?? 0
}

function changed(config: RunConfig, line: string): RunConfig {
  const at = line.indexOf('=')
  if (at < 1) throw new ConfigError('', `${line}: write key=value, such as optimizer.learningRate=0.01`)
  return parseConfig(setFieldText(config, line.slice(0, at).trim(), line.slice(at + 1).trim()))
}

const given = (key: string, text = ''): string[] => (text.trim() === '' ? [] : [`${key}=${text.trim()}`])

/** The configuration of a fork. Throws ConfigError for a change that cannot be made. */
export function forkConfig({ record, facts }: LibraryRun, draft: ForkDraft): RunConfig {
  const { step, name, alpha = '', learningRate, epochs, changes } = draft
  const parent = record.config
  const point = forkPoints({ facts }).find((own) => own.step === step)
  if (!point) throw new ConfigError('', `the run has no state at step ${step}; choose another point`)
  const lines = changes.split('\n').map((line) => line.trim())
  const named = parseConfig({ ...parent, name: name.trim() })
  const fields = [...given('optimizer.learningRate', learningRate), ...given('train.epochs', epochs)]
  const before = fields.reduce(changed, named)
  const schedule = () =>
    scheduleFrom(parent.regularizer.schedule, point.epoch, before.train.epochs, alphaOf(alpha.trim()))
  const steered = alpha.trim() === '' ? before : parseConfig(setField(before, 'regularizer.schedule', schedule()))
  const config = lines.filter(Boolean).reduce(changed, steered)
  requireForkable(parent, config, point.epoch)
  return config
}

/** The configuration of a fork, or why there is none. */
export function forkDraft(
  run: LibraryRun,
  draft: ForkDraft,
): { readonly config: RunConfig; readonly error: null } | { readonly config: null; readonly error: string } {
  try {
    return { config: forkConfig(run, draft), error: null }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return { config: null, error: error.message }
  }
}
