/** The fork that the user describes: where it leaves its parent, and what it changes. */
import { ConfigError, parseConfig, type RunConfig, setFieldText } from '../../config/config.ts'
import { requireForkable } from '../../config/fork.ts'
import type { LibraryRun } from '../experiments/state.ts'

export interface ForkDraft {
  /** The step of one of `forkPoints`. */
  readonly step: number
  readonly name: string
  /** One `key=value` per line. */
  readonly changes: string
}

export interface ForkPoint {
  readonly step: number
  readonly epoch: number
  /** The checkpoint there; null for a resume point within an epoch. */
  readonly file: string | null
}

/** The states from which a fork can begin, ascending. */
export function forkPoints({ facts }: Pick<LibraryRun, 'facts'>): ForkPoint[] {
  const points = new Map<number, ForkPoint>(facts.points.map(({ step, epoch }) => [step, { step, epoch, file: null }]))
  for (const { step, epoch, file } of facts.checkpoints) points.set(step, { step, epoch, file })
  return [...points.values()].sort((a, b) => a.step - b.step)
}

function changed(config: RunConfig, line: string): RunConfig {
  const at = line.indexOf('=')
  if (at < 1) throw new ConfigError('', `${line}: write key=value, such as optimizer.learningRate=0.01`)
  return parseConfig(setFieldText(config, line.slice(0, at).trim(), line.slice(at + 1).trim()))
}

/** The configuration of a fork. Throws ConfigError for a change that cannot be made. */
export function forkConfig({ record, facts }: LibraryRun, { step, name, changes }: ForkDraft): RunConfig {
  const parent = record.config
  const point = forkPoints({ facts }).find((own) => own.step === step)
  if (!point) throw new ConfigError('', `the run has no state at step ${step}; choose another point`)
  const lines = changes.split('\n').map((line) => line.trim())
  const named = parseConfig({ ...parent, name: name.trim() })
  const config = lines.filter(Boolean).reduce(changed, named)
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
