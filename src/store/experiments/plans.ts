/** The actions on plans. Their code is loaded with the first of them, since few visits train a plan. */
import { messageOf } from '../../message.ts'
import { report } from '../runs/list.ts'
import type { Experiments } from './context.ts'
import type { PlanDraft } from './first-draft.ts'
import type { PlanActions } from './plan-actions.ts'

export function plans(experiments: Experiments) {
  const { store } = experiments
  let loaded: PlanActions | null = null
  /** Reports code that does not arrive; the next action tries again. */
  const load = async (): Promise<PlanActions | null> => {
    try {
      const { planActions } = await import('./plan-actions.ts')
      loaded ??= planActions(experiments)
    } catch (error) {
      report(experiments, messageOf(error))
    }
    return loaded
  }
  return {
    setDraft: (partial: Partial<PlanDraft>): void =>
      store.setState(({ draft }) => ({ draft: { ...draft, ...partial } })),
    /** Chooses a ready-made plan, or the arms below. A plan with a preset puts it into the form, with its parameters. */
    choosePlan: async (kind: string): Promise<void> => (await load())?.choosePlan(kind),
    /** Copies the arms of the draft's plan, so that the user can change them. */
    editArms: async (): Promise<void> => (await load())?.editArms(),
    /** Saves the plan of the form as a file, which the command line runs or sends to a queue. */
    savePlan: async (): Promise<void> => (await load())?.savePlan(),
    /** Puts the plan of a file into the form, as custom arms, with its configuration. */
    openPlan: async (file: Blob & { readonly name?: string }): Promise<void> => (await load())?.openPlan(file),
    /** Times a few steps of each kind of run in the plan, on the dataset that was read. */
    timePlan: async (): Promise<void> => (await load())?.timePlan(),
    /** Trains and measures what is missing of the plan, one run after another. */
    startPlan: async (): Promise<void> => (await load())?.startPlan(),
    /** Trains and measures what is missing of the plan that has ended, whatever the form shows now. */
    continuePlan: async (): Promise<void> => (await load())?.continuePlan(),
    pausePlan: async (): Promise<void> => (await load())?.pausePlan(),
    resumePlan: async (): Promise<void> => (await load())?.resumePlan(),
    /** Stops the run or the measurement in progress and starts no other; finished runs stay. */
    stopPlan: async (): Promise<void> => (await load())?.stopPlan(),
  }
}
