/** Writing, timing, starting, pausing and stopping a plan. */
import { parseConfig, type RunConfig } from '../../config/config.ts'
import { costKey } from '../../experiments/estimate.ts'
import { expandPlan, kindsOf, type Plan } from '../../experiments/plan.ts'
import { createGate, type QueueEvent, runPlan } from '../../experiments/queue.ts'
import { messageOf } from '../../message.ts'
import { isActive, startBlocker } from '../status.ts'
import { type Experiments, say } from './context.ts'
import { costsAtHand, trialName, trialSteps } from './plan-costs.ts'
import { draftArms, type PlanDraft, planOfDraft } from './plan-draft.ts'
import { pageHost, trained } from './plan-host.ts'
import { showConfig } from './show-config.ts'
import type { PlannedState, PlannedStatus, PlanState } from './state.ts'

const newState = ({ name }: Plan, runs: readonly { readonly name: string }[]): PlanState => ({
  name,
  status: 'running',
  runs: runs.map((run) => ({ name: run.name, status: 'waiting', message: '' })),
  progress: 0,
  left: null,
  note: '',
})

const endStatus = (reason: string): PlannedStatus =>
  reason === 'finished' ? 'finished' : reason === 'stopped' ? 'stopped' : 'failed'

/** What an event says of its run, or null. */
function runState(event: QueueEvent): Omit<PlannedState, 'name'> | null {
  switch (event.type) {
    case 'run-skipped':
      return event.found === 'finished'
        ? { status: 'there', message: '' }
        : { status: 'failed', message: 'It diverged before; the same run would again.' }
    case 'run-started':
      return { status: 'running', message: '' }
    case 'run-ended':
      return { status: endStatus(event.reason), message: event.reason === 'finished' ? '' : event.message }
    case 'measuring':
      return { status: 'measuring', message: '' }
    case 'measured':
      return { status: 'finished', message: '' }
    case 'measuring-failed':
      return { status: 'failed', message: `It could not be measured: ${event.message}` }
    case 'plan':
    case 'run-event':
    case 'plan-ended':
      return null
    default:
      return event satisfies never
  }
}

const ended = ({ finished, failed, stopped }: Extract<QueueEvent, { type: 'plan-ended' }>, runs: number): string => {
  if (stopped) return `Stopped with ${finished} of ${runs} runs; starting it again goes on from there.`
  if (failed.length === 0) return ''
  return `${failed.length} of ${runs} runs did not come to their end or lack measurements; starting the plan again tries them again.`
}

/** Time that the rest takes, from the progress so far. */
function createLeft(now: () => number) {
  let start: { time: number; progress: number } | null = null
  return (progress: number): number | null => {
    start ??= { time: now(), progress }
    const share = progress - start.progress
    return share > 0 ? ((now() - start.time) * (1 - progress)) / share : null
  }
}

export function planActions(experiments: Experiments) {
  const { store, host } = experiments
  const { lab, series } = host
  const gate = createGate()
  let controller = new AbortController()

  const setPlan = (change: (plan: PlanState) => Partial<PlanState>) =>
    store.setState(({ plan }) => (plan ? { plan: { ...plan, ...change(plan) } } : {}))

  const take = (event: QueueEvent, left: ReturnType<typeof createLeft>) => {
    const own = runState(event)
    if ('progress' in event) {
      const { progress, index } = event
      const put = (runs: PlanState['runs']) =>
        own ? runs.map((run, i) => (i === index ? { ...run, ...own } : run)) : runs
      const remaining = event.type === 'run-skipped' ? null : left(progress)
      setPlan(({ runs }) => ({ progress, left: remaining, runs: put(runs) }))
    }
    if (event.type === 'plan-ended') {
      const stopped = (run: PlannedState): PlannedState =>
        run.status === 'measuring' ? { ...run, status: 'stopped' } : run
      setPlan(({ runs }) => ({
        status: 'ended',
        left: null,
        note: ended(event, runs.length),
        runs: runs.map(stopped),
      }))
    }
  }

  /** Stop in the header ends the plan too, and not only the run under way. */
  const follow = () =>
    lab.store.subscribe(({ run }) => {
      if (run.status === 'stopping') controller.abort()
    })

  const start = async (plan: Plan) => {
    const own = lab.store.getState().config
    const runs = expandPlan(plan)
    controller = new AbortController()
    gate.open()
    if (lab.store.getState().live.held) lab.handBack()
    store.setState({ plan: newState(plan, runs) })
    const unfollow = follow()
    const left = createLeft(host.now)
    for await (const event of runPlan(runs, pageHost(experiments, gate, own, plan.measure), controller.signal))
      take(event, left)
    unfollow()
    showConfig(experiments, own, own)
    say(experiments, `Plan ${plan.name} has ended. ${store.getState().plan?.note ?? ''}`.trim())
  }

  const blocker = () => startBlocker(lab.store.getState())
  const isOn = () => ['running', 'paused', 'stopping'].includes(store.getState().plan?.status ?? '')

  /** Takes a few steps of a run that is then forgotten. */
  const timeOne = async (first: RunConfig) => {
    const own = lab.store.getState().config
    // Long enough that it does not end before its steps are timed.
    const config = parseConfig({
      ...first,
      name: trialName,
      train: { ...first.train, epochs: trialSteps + first.train.epochs },
    })
    let stopped = false
    for await (const event of trained(experiments, config, own, (id) => experiments.trials.add(id))) {
      if (event.type !== 'step' || event.step < trialSteps || stopped) continue
      stopped = true
      lab.stop()
    }
    showConfig(experiments, own, own)
  }

  /** Each kind of run that the arms make, once: those whose costs are not known, or all of them anew. */
  const time = async (plan: Plan) => {
    const kinds = [...new Map(expandPlan(plan).map(({ config }) => [costKey(config), config])).values()]
    const unknown = kinds.filter((config) => !costsAtHand(series, config))
    for (const config of unknown.length > 0 ? unknown : kinds) await timeOne(config)
  }

  const planNow = () => planOfDraft(store.getState().draft, lab.store.getState().config).plan

  return {
    setDraft: (partial: Partial<PlanDraft>): void =>
      store.setState(({ draft }) => ({ draft: { ...draft, ...partial } })),
    /** Takes the arms of the plan as it stands, to be changed by hand. */
    editArms: (): void => {
      const plan = planNow()
      if (plan)
        store.setState(({ draft }) => ({
          draft: { ...draft, kind: 'own', arms: draftArms(plan), measure: kindsOf(plan.measure) },
        }))
    },
    /** Times a few steps of each kind of run that the plan's arms make, on the data that were read. */
    timePlan: async (): Promise<void> => {
      const plan = planNow()
      const reason = blocker()
      if (reason) say(experiments, reason)
      if (!plan || reason) return
      store.setState({ timing: true })
      await time(plan).catch((error: unknown) => say(experiments, `It could not be timed: ${messageOf(error)}`))
      store.setState({ timing: false })
    },
    /** Trains what is not there yet of the plan, run after run. */
    startPlan: async (): Promise<void> => {
      const plan = planNow()
      const reason = blocker()
      if (reason) say(experiments, reason)
      if (plan && !reason && !isOn()) await start(plan)
    },
    pausePlan: (): void => {
      gate.pause()
      lab.pause()
      setPlan(() => ({ status: 'paused' }))
    },
    resumePlan: (): void => {
      gate.open()
      lab.resume()
      setPlan(() => ({ status: 'running' }))
    },
    /** Ends the run under way and begins no other; what is finished stays. */
    stopPlan: (): void => {
      controller.abort()
      setPlan(() => ({ status: 'stopping' }))
      if (isActive(lab.store.getState().run.status)) lab.stop()
      else lab.cancelReading()
    },
  }
}
