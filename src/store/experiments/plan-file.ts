/** Plan files: the same JSON as the command line reads and writes. */
import { parseConfig, type RunConfig } from '../../config/config.ts'
import { type Plan, PlanError, parsePlan } from '../../experiments/plan.ts'
import { messageOf } from '../../message.ts'
import type { PlanDraft } from './first-draft.ts'
import { ownDraft } from './plan-draft.ts'

/** The most bytes of a plan file; a plan of a thousand arms has fewer. */
const mostBytes = 1 << 20

/** The file of a plan, and its name. */
export function planFile(plan: Plan): { readonly blob: Blob; readonly name: string } {
  const text = `${JSON.stringify(plan, null, 2)}\n`
  const name = plan.name.replace(/[^\p{L}\p{N}._-]+/gu, '-')
  return { blob: new Blob([text], { type: 'application/json' }), name: `${name}.json` }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new PlanError(`it is not JSON: ${messageOf(error)}`)
  }
}

/** Rejects with PlanError or ConfigError. */
export async function readPlanFile(file: Blob): Promise<Plan> {
  if (file.size > mostBytes) throw new PlanError(`it has ${file.size} bytes; a plan has at most ${mostBytes}`)
  // `text()` leaves out the byte order mark with which some editors begin a file.
  return parsePlan(parsed(await file.text()))
}

/** The form's texts and the configuration of a plan, which is edited as custom arms. */
export function draftOfPlan(plan: Plan): { readonly draft: Partial<PlanDraft>; readonly config: RunConfig } {
  const config = parseConfig(plan.base)
  const { name, measure, seeds } = plan
  return {
    config,
    draft: {
      ...ownDraft(plan),
      name,
      seeds: seeds.join(', '),
      epochs: String(config.train.epochs),
      measureEpochs: measure.epochs?.join(', ') ?? '',
    },
  }
}
