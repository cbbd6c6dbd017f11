/** Checks the paper's four claims on a set of runs. `claims/texts.ts` has the printed text of the rules. */
import { causal } from './claims/causal.ts'
import { matterEarly, nearLinearEarly } from './claims/early-and-late.ts'
import { type Condition, type Part, together, type Verdict } from './claims/judge.ts'
import { riseAndRecede } from './claims/rise-and-recede.ts'
import type { Chosen, LeftOut } from './claims/runs.ts'
import { type ClaimId, type ClaimText, claimTexts } from './claims/texts.ts'
import type { RunRecord } from './record.ts'

export interface Claim extends ClaimText {
  readonly verdict: Verdict
  readonly because: string
  /** The size of the effect: the first condition with data of the part that decides, or of the first part. Null without data. */
  readonly effect: Condition | null
  /** One part for each module, measure or strength. */
  readonly parts: readonly Part[]
  /** Seeds and names of the runs that were judged. */
  readonly seeds: readonly number[]
  readonly runs: readonly string[]
  readonly leftOut: readonly LeftOut[]
}

type Judged = Chosen & { readonly parts: readonly Part[]; readonly missing: string; readonly decisive?: Part }

const judges: Readonly<Record<ClaimId, (runs: readonly RunRecord[]) => Judged>> = {
  'rise-and-recede': riseAndRecede,
  'matter-early': matterEarly,
  'near-linear-early': nearLinearEarly,
  causal,
}

function claimOf(text: ClaimText, all: readonly RunRecord[]): Claim {
  const { parts, missing, decisive, runs, leftOut } = judges[text.id](all)
  const { verdict, because } = decisive ?? together(parts, missing)
  const shown = decisive ?? parts[0]
  return {
    ...text,
    verdict,
    because: decisive && parts.length > 1 ? `${decisive.name}: ${because}` : because,
    effect: shown?.conditions.find(({ estimate }) => estimate.n > 0) ?? null,
    parts,
    seeds: [...new Set(runs.map(({ config }) => config.seed))].sort((a, b) => a - b),
    runs: runs.map(({ name }) => name),
    leftOut,
  }
}

/** All four claims in the paper's order, each with a verdict even when runs are missing. */
export const checkClaims = (runs: readonly RunRecord[]): Claim[] => claimTexts.map((text) => claimOf(text, runs))
