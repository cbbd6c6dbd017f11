/** Starting, pausing and stopping a plan. */
import { presetNamed } from '../../config/presets.ts'
import { expandPlan, type Plan } from '../../experiments/plan.ts'
import { createGate, type QueueEvent, runPlan } from '../../experiments/queue/run-plan.ts'
import { readyPlans } from '../../experiments/ready-plans.ts'
import { messageOf } from '../../message.ts'
import { createThrottle } from '../../throttle.ts'
import { type Progress, timeLeft } from '../../time-left.ts'
import { report } from '../runs/list.ts'
import { isActive, runBlocker, startBlocker } from '../status.ts'
import { type Experiments, say } from './context.ts'
import { firstDraft } from './first-draft.ts'
import { draftOn, isPlanProblem, ownDraft, planOfDraft } from './plan-draft.ts'
import { draftOfPlan, planFile, readPlanFile } from './plan-file.ts'
import { type Planning, pageHost } from './plan-host.ts'
import { timePlan } from './plan-trials.ts'
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

/** The state of its run after an event; null when the event does not change it. */
function runState(event: QueueEvent): Omit<PlannedState, 'name'> | null {
  switch (event.type) {
    case 'run-skipped':
      return event.found === 'finished'
        ? { status: 'existing', message: '' }
        : { status: 'failed', message: 'It diverged before and would diverge again.' }
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

type PlanEnded = Extract<QueueEvent, { type: 'plan-ended' }>

const noteOf = ({ finished, failed, stopped }: PlanEnded, runs: number): string => {
  if (stopped) return `Stopped with ${finished} of ${runs} runs. Resume the plan to continue.`
  if (failed.length === 0) return ''
  return `${failed.length} of ${runs} runs failed or lack measurements. Resume the plan to retry them.`
}

const setPlan = ({ store }: Experiments, change: (plan: PlanState) => Partial<PlanState>): void =>
  store.setState(({ plan }) => (plan ? { plan: { ...plan, ...change(plan) } } : {}))

const withRun = (runs: PlanState['runs'], index: number, change: Partial<PlannedState>): PlanState['runs'] =>
  runs.map((run, i) => (i === index ? { ...run, ...change } : run))

function showEnd(experiments: Experiments, event: PlanEnded): void {
  setPlan(experiments, ({ runs }) => ({
    status: 'ended',
    left: null,
    note: noteOf(event, runs.length),
    runs: runs.map((run) => (run.status === 'measuring' ? { ...run, status: 'stopped' } : run)),
  }))
}

/** Milliseconds between two updates of the progress within a run. */
const interval = 250

/** Shows the events of a plan. The remaining time follows from the progress since the first event of a run. */
function createPlanView(experiments: Experiments): (event: QueueEvent) => void {
  const { now } = experiments.host
  const due = createThrottle(interval, now)
  let first: Progress | null = null
  return (event) => {
    if (event.type === 'plan-ended') showEnd(experiments, event)
    if (!('progress' in event) || (event.type === 'run-event' && !due())) return
    const { index, progress } = event
    const here: Progress = { time: now(), done: progress }
    if (event.type !== 'run-skipped') first ??= here
    const left = first && event.type !== 'run-skipped' ? timeLeft(first, here, 1) : null
    setPlan(experiments, ({ runs }) => ({ progress, left, runs: withRun(runs, index, runState(event) ?? {}) }))
  }
}

async function runToEnd(planning: Planning, plan: Plan): Promise<void> {
  const { experiments, gate, controller } = planning
  const { store, host } = experiments
  const runs = expandPlan(plan)
  gate.open()
  if (host.lab.store.getState().live.held) host.lab.handBack()
  store.setState({ plan: newState(plan, runs) })
  const show = createPlanView(experiments)
  for await (const event of runPlan(runs, pageHost(planning), controller.signal)) show(event)
  say(experiments, `Plan ${plan.name} has ended. ${store.getState().plan?.note ?? ''}`.trim())
}

/** The plan of the draft on the configuration in the form; null when the draft is invalid. */
const planNow = ({ store, host: { lab } }: Experiments): Plan | null =>
  planOfDraft(store.getState().draft, lab.store.getState().config).plan

/** The plan of the draft, if it can run now; otherwise says why it cannot. */
function readyPlan(experiments: Experiments): Plan | null {
  const reason = startBlocker(experiments.host.lab.store.getState())
  if (reason) say(experiments, reason)
  return reason ? null : planNow(experiments)
}

function editArms(experiments: Experiments): void {
  const plan = planNow(experiments)
  if (!plan) return
  experiments.store.setState(({ draft }) => ({ draft: { ...draft, ...ownDraft(plan), name: firstDraft.name } }))
}

const busy = 'A run is in progress, and the form shows its settings: open the plan when it has ended.'

function savePlan(experiments: Experiments): void {
  const plan = planNow(experiments)
  if (!plan) return
  const { blob, name } = planFile(plan)
  experiments.host.save(blob, name)
}

/** Puts the plan of a file into the form; the dataset that is open stays. */
async function openPlan(experiments: Experiments, file: Blob & { readonly name?: string }): Promise<void> {
  const { store, host } = experiments
  try {
    const plan = await readPlanFile(file)
    if (isActive(host.lab.store.getState().run.status)) return say(experiments, busy)
    const { draft: opened, config } = draftOfPlan(plan)
    host.lab.takeConfig(config)
    store.setState(({ draft }) => ({ draft: { ...draft, ...opened } }))
    say(experiments, `The form has the plan ${plan.name}, with its configuration.`)
  } catch (error) {
    if (!isPlanProblem(error)) throw error
    report(experiments, `${file.name ?? 'The file'} is no plan: ${messageOf(error)}`)
  }
}

const isOn = ({ store }: Experiments): boolean => {
  const status = store.getState().plan?.status
  return status !== undefined && status !== 'ended'
}

export function planActions(experiments: Experiments) {
  const { store, host } = experiments
  let planning: Planning | null = null
  let newest: Plan | null = null
  const start = async (plan: Plan) => {
    const { measure } = plan
    newest = plan
    planning = { experiments, gate: createGate(), measure, controller: new AbortController(), newest: null }
    await runToEnd(planning, plan)
  }
  return {
    /** Chooses a ready-made plan, or the arms below. A plan with a preset puts it into the form, with its parameters. */
    choosePlan: (kind: string): void => {
      const preset = presetNamed(readyPlans.find(({ id }) => id === kind)?.preset ?? '')
      if (preset) host.lab.applyPreset(preset.id)
      store.setState(({ draft }) => ({ draft: { ...draft, kind, measure: null, ...(preset ? draftOn(preset) : {}) } }))
    },
    /** Copies the arms of the draft's plan, so that the user can change them. */
    editArms: (): void => editArms(experiments),
    savePlan: (): void => savePlan(experiments),
    openPlan: (file: Blob & { readonly name?: string }): Promise<void> => openPlan(experiments, file),
    /** Times a few steps of each kind of run in the plan, on the dataset that was read. */
    timePlan: async (): Promise<void> => {
      const plan = readyPlan(experiments)
      if (plan) await timePlan(experiments, plan)
    },
    /** Trains and measures what is missing of the plan, one run after another. */
    startPlan: async (): Promise<void> => {
      const plan = isOn(experiments) ? null : readyPlan(experiments)
      if (plan) await start(plan)
    },
    /** Trains and measures what is missing of the plan that has ended, whatever the form shows now. */
    continuePlan: async (): Promise<void> => {
      const reason = runBlocker(host.lab.store.getState())
      if (reason) say(experiments, reason)
      else if (newest && !isOn(experiments)) await start(newest)
    },
    pausePlan: (): void => {
      planning?.gate.pause()
      host.lab.pause()
      setPlan(experiments, () => ({ status: 'paused' }))
    },
    resumePlan: (): void => {
      planning?.gate.open()
      host.lab.resume()
      setPlan(experiments, () => ({ status: 'running' }))
    },
    /** Stops the run or the measurement in progress and starts no other; finished runs stay. */
    stopPlan: (): void => {
      setPlan(experiments, () => ({ status: 'stopping' }))
      planning?.controller.abort()
    },
  }
}

export type PlanActions = ReturnType<typeof planActions>
