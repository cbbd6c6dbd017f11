/** The progress of a plan: its runs, the time left, and its buttons. */
import { Button, Label, ProgressBar } from 'react-aria-components'
import { experiments, useExperiments } from '../../store/experiments/page.ts'
import type { PlannedState, PlannedStatus, PlanState } from '../../store/experiments/state.ts'
import { useLab } from '../../store/lab.ts'
import { duration } from '../format.ts'
import { measuringText } from '../measuring-text.ts'

const statusText: Readonly<Record<PlannedStatus, string>> = {
  waiting: 'waiting',
  running: 'training',
  measuring: 'measuring',
  finished: 'finished',
  existing: 'already finished',
  stopped: 'stopped',
  failed: 'failed',
}

export function PlanProgress() {
  const plan = useExperiments((state) => state.plan)
  if (!plan) return null
  const done = plan.runs.filter(({ status }) => status === 'finished' || status === 'existing').length
  const left = plan.left === null || plan.status === 'paused' ? '' : `, ${duration(plan.left)} left`
  return (
    <section className="plan-progress" aria-label="Plan">
      <ProgressBar className="plan-bar" value={100 * plan.progress}>
        <Label>
          {plan.name}: {done} of {plan.runs.length} runs{left}
        </Label>
        <div className="plan-track">
          <div className="plan-fill" style={{ width: `${100 * plan.progress}%` }} />
        </div>
      </ProgressBar>
      <Measuring />
      <Buttons plan={plan} />
      {plan.note && <p className="note">{plan.note}</p>}
      <ul className="plan-runs" aria-label="Runs of the plan">
        {plan.runs.map((run) => (
          <Row key={run.name} run={run} />
        ))}
      </ul>
    </section>
  )
}

/** The progress of the measurement that the plan is running. */
function Measuring() {
  const on = useExperiments(({ plan }) => plan?.runs.some(({ status }) => status === 'measuring') ?? false)
  const current = useLab((state) => state.measuring.current)
  return on && current && <p className="quiet">{measuringText(current)}</p>
}

function Buttons({ plan }: { readonly plan: PlanState }) {
  const { status, runs } = plan
  const complete = runs.every((run) => run.status === 'finished' || run.status === 'existing')
  if (status === 'ended') {
    if (complete) return null
    return (
      <Button className="button" onPress={experiments.continuePlan}>
        Resume the plan
      </Button>
    )
  }
  return (
    <div className="button-row">
      <Button
        className="button"
        isDisabled={status === 'stopping'}
        onPress={status === 'paused' ? experiments.resumePlan : experiments.pausePlan}
      >
        {status === 'paused' ? 'Resume plan' : 'Pause plan'}
      </Button>
      <Button className="button" isDisabled={status === 'stopping'} onPress={experiments.stopPlan}>
        Stop plan
      </Button>
    </div>
  )
}

const Row = ({ run: { name, status, message } }: { readonly run: PlannedState }) => (
  <li className={status}>
    <span className="ellipsis">{name}</span>
    <span>{statusText[status]}</span>
    {message && <span className="plan-message">{message}</span>}
  </li>
)
