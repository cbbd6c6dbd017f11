/** Claim 4: discouraging selectivity from the start harms the final network; starting later costs little. */
import { group } from 'd3-array'
import { armKey, oneOfEachSeed } from '../groups.ts'
import { atChance, finalEvaluation, type RunRecord } from '../record.ts'
import { type Condition, conditionOf, judge, minimumSeeds, type Part, type SeedValue } from './judge.ts'
import { type Chosen, chanceCautions, type LeftOut, largest, unfit, windowsOf } from './runs.ts'

/** Starting later “costs little” when it costs less than this share of the cost of starting at once. */
const littleShare = 1 / 2

/** Configuration keys that do not affect training. */
const notTraining = ['probe', 'checkpoint']

type Kind =
  | { readonly kind: 'none' }
  | { readonly kind: 'early' | 'late'; readonly alpha: number; readonly from: number }
  | { readonly kind: 'other' }

/** Classifies a run by its schedule: no regularizer, or selectivity discouraged from an epoch to the end with true labels. */
export function kindOf(run: RunRecord): Kind {
  const { config } = run
  const windows = windowsOf(run)
  if (windows.length === 0) return { kind: 'none' }
  const [{ alpha, fromEpoch: from, toEpoch }] = windows
  const plain = windows.length === 1 && alpha < 0 && toEpoch >= config.train.epochs
  if (!plain || config.regularizer.labels !== 'true') return { kind: 'other' }
  return { kind: from === 0 ? 'early' : 'late', alpha, from }
}

interface Trio {
  readonly alpha: number
  readonly none: readonly RunRecord[]
  readonly early: readonly RunRecord[]
  readonly late: readonly RunRecord[]
  /** Epoch at which the late arm's regularizer starts; NaN without a late arm. */
  readonly from: number
}

const strengthKey = (run: RunRecord, alpha: number) =>
  `${alpha} ${armKey(run, [...notTraining, 'regularizer.schedule'])}`

/** Each strength with its early arm and one of its late arms, the strongest first. */
function triosOf(runs: readonly RunRecord[]): Trio[] {
  const kinds = runs.map((run) => ({ run, kind: kindOf(run) }))
  const none = oneOfEachSeed(kinds.flatMap(({ run, kind }) => (kind.kind === 'none' ? [run] : [])))
  const regularized = kinds.flatMap(({ run, kind }) =>
    kind.kind === 'early' || kind.kind === 'late' ? [{ run, ...kind }] : [],
  )
  const strengths = [...group(regularized, ({ run, alpha }) => strengthKey(run, alpha)).values()]
  return strengths
    .flatMap((own) => {
      const early = oneOfEachSeed(own.filter(({ kind }) => kind === 'early').map(({ run }) => run))
      const late = [
        ...group(
          own.filter(({ kind }) => kind === 'late'),
          ({ from }) => from,
        ),
      ]
      const [{ alpha }] = own
      if (late.length === 0) return [{ alpha, none, early, late: [], from: Number.NaN }]
      return late.map(([from, arm]) => ({ alpha, none, early, late: oneOfEachSeed(arm.map(({ run }) => run)), from }))
    })
    .sort((a, b) => a.alpha - b.alpha || a.from - b.from)
}

const finals = (runs: readonly RunRecord[]) =>
  new Map(
    runs.flatMap((run) => {
      const last = finalEvaluation(run)
      return last ? [[run.config.seed, { run: run.name, epoch: last.epoch, value: last.top1 }] as const] : []
    }),
  )

/** Σ weight · final top-1 over the arms, for each seed that all arms have. */
function paired(
  arms: readonly { readonly what: string; readonly weight: number; readonly runs: readonly RunRecord[] }[],
) {
  const all = arms.map(({ what, weight, runs }) => ({ what, weight, tops: finals(runs) }))
  return [...all[0].tops.keys()].flatMap((seed): SeedValue[] => {
    const terms = all.flatMap(({ what, tops }) => {
      const top = tops.get(seed)
      return top ? [{ what, ...top }] : []
    })
    if (terms.length < all.length) return []
    return [{ seed, terms, value: terms.reduce((sum, { value }, i) => sum + all[i].weight * value, 0) }]
  })
}

function conditionsOf({ none, early, late }: Trio): Condition[] {
  const arms = (...weights: readonly number[]) =>
    [none, early, late]
      .map((runs, i) => ({ what: ['none', 'from the start', 'later'][i], runs, weight: weights[i] }))
      .filter(({ weight }) => weight !== 0)
  const unit = 'points'
  return [
    conditionOf(
      { id: 'harm', unit, text: 'final top-1 without a regularizer minus with it from the start' },
      paired(arms(1, -1, 0)),
    ),
    conditionOf(
      { id: 'little', unit, text: 'half of the cost of starting at once minus the cost of starting later' },
      paired(arms(littleShare - 1, -littleShare, 1)),
    ),
    conditionOf(
      {
        id: 'late-cost',
        unit,
        decides: false,
        text: 'final top-1 without a regularizer minus with it from later on',
      },
      paired(arms(1, 0, -1)),
    ),
  ]
}

const missing = `Run the plan “Early or late” (plan early-or-late) to its end with at least ${minimumSeeds} seeds: the arms without a regularizer, from the start and from later on, at the same α.`

/** Whether an arm has finished runs and all of them end at chance. */
const learnedNothing = (runs: readonly RunRecord[]) =>
  runs.length > 0 &&
  runs.every((run) => {
    const last = finalEvaluation(run)
    return last !== undefined && atChance(run, last)
  })

/** Why timing cannot be compared: the network does not learn, or α is too strong. Undefined when it can. */
function obstacle({ alpha, none, early, late }: Trio): string | undefined {
  if (learnedNothing(none))
    return 'The network ends at chance even without a regularizer. Train it longer or with other settings first.'
  if (!learnedNothing(early) || !learnedNothing(late)) return undefined
  return `α ${alpha} is too strong here: training ends at chance both from the start and from later on, so timing cannot be compared. Find a weaker α with the plan “Strength sweep” (plan strength-sweep).`
}

function partOf(trio: Trio): Part {
  const name = `α ${trio.alpha}${Number.isNaN(trio.from) ? '' : `, late from epoch ${trio.from}`}`.replace('-', '−')
  const cautions = chanceCautions([...trio.none, ...trio.early, ...trio.late])
  const strong = learnedNothing(trio.early)
    ? [`α ${trio.alpha} may be too strong: training with it from the start ends at chance.`.replace('-', '−')]
    : []
  const part = judge(name, conditionsOf(trio), missing, [...strong, ...cautions])
  const stopped = obstacle(trio)
  return stopped ? { ...part, verdict: 'not yet', because: stopped.replace('α -', 'α −') } : part
}

/** The part of the strongest α whose late arm learns; without one, that of the strongest α. */
function decisive(trios: readonly Trio[], parts: readonly Part[]): Part | undefined {
  const at = trios.findIndex(({ early, late }) => early.length > 0 && late.length > 0 && !learnedNothing(late))
  return parts[Math.max(0, at)]
}

/** The largest set of finished runs that differ only in the regularizer. */
function comparable(all: readonly RunRecord[]): Chosen {
  const leftOut: LeftOut[] = []
  const leave = (run: RunRecord, reason: string) => leftOut.push({ run: run.name, reason })
  const fit = all.filter((run) => {
    const reason = unfit(run)
    if (reason) leave(run, reason)
    return !reason
  })
  const sets = [...group(fit, (run) => armKey(run, ['regularizer', ...notTraining])).values()]
  const runs = largest(sets)
  for (const run of fit.filter((own) => !runs.includes(own)))
    leave(run, 'it differs from the other runs in more than the regularizer')
  return { runs, leftOut }
}

export function causal(all: readonly RunRecord[]): Chosen & { parts: Part[]; missing: string; decisive?: Part } {
  const chosen = comparable(all)
  const trios = triosOf(chosen.runs)
  const parts = trios.map(partOf)
  const used = new Set(trios.flatMap(({ none, early, late }) => [...none, ...early, ...late]))
  return {
    runs: chosen.runs.filter((run) => used.has(run)),
    leftOut: chosen.leftOut,
    parts,
    missing,
    decisive: decisive(trios, parts),
  }
}
