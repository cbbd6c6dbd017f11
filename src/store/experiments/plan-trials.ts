/** Times a few steps of each kind of run in a plan. */
import { parseConfig, type RunConfig } from '../../config/config.ts'
import { costKey } from '../../experiments/estimate.ts'
import { expandPlan, type Plan } from '../../experiments/plan.ts'
import { messageOf } from '../../message.ts'
import { cancelled } from '../pending.ts'
import { type Experiments, say } from './context.ts'
import { costsOnPage, trialSteps } from './plan-costs.ts'
import { trialName } from './trial-name.ts'

/** A run that is stopped after `trialSteps` steps; its epochs are more, so that it does not end earlier. */
const trialOf = (config: RunConfig): RunConfig =>
  parseConfig({ ...config, name: trialName, train: { ...config.train, epochs: trialSteps + config.train.epochs } })

/** Trains a few steps. The run is not listed. Rejects with AbortError when the user stops it earlier. */
async function timeSteps({ host: { lab }, trials }: Experiments, config: RunConfig): Promise<void> {
  for await (const event of lab.runConfig(trialOf(config), { onBegin: (id) => trials.add(id) })) {
    if (event.type === 'step' && event.step === trialSteps) lab.stop()
    if (event.type === 'end' && event.reason === 'stopped' && event.step < trialSteps)
      throw cancelled(`You stopped the run before step ${trialSteps}.`)
  }
}

/** One configuration for each kind of run: those whose costs are unknown, or all when all are known. */
function configsToTime({ host: { series } }: Experiments, plan: Plan): RunConfig[] {
  const kinds = [...new Map(expandPlan(plan).map(({ config }) => [costKey(config), config])).values()]
  const unknown = kinds.filter((config) => !costsOnPage(series, config))
  return unknown.length > 0 ? unknown : kinds
}

/** Times a few steps of each kind of run in a plan, and says why where that fails. */
export async function timePlan(experiments: Experiments, plan: Plan): Promise<void> {
  const { store } = experiments
  store.setState({ timing: true })
  try {
    for (const config of configsToTime(experiments, plan)) await timeSteps(experiments, config)
  } catch (error) {
    say(experiments, `The steps could not be timed: ${messageOf(error)}`)
  } finally {
    store.setState({ timing: false })
  }
}
