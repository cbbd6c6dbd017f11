/** A plan as it is written: a ready-made one with its parameters, or arms by hand; what it will take; start. */
import { useId, useMemo } from 'react'
import { Button } from 'react-aria-components'
import type { RunConfig } from '../../config/config.ts'
import { estimatePlan } from '../../experiments/estimate.ts'
import { expandPlan, type Plan } from '../../experiments/plan.ts'
import { readyPlans } from '../../experiments/ready-plans.ts'
import { editArms, setDraft, startPlan, timePlan, useExperiments } from '../../store/experiments/page.ts'
import { knownCosts } from '../../store/experiments/plan-costs.ts'
import { type PlanDraft, planOfDraft, readyOf } from '../../store/experiments/plan-draft.ts'
import { useLab } from '../../store/lab.ts'
import { series, useRun } from '../../store/series.ts'
import { startBlocker } from '../../store/status.ts'
import { bytes, count, duration, plural } from '../format.ts'
import { DrawnSchedules } from './drawn-schedules.tsx'
import { OwnArms } from './own-arms.tsx'

export function PlanForm() {
  const draft = useExperiments((state) => state.draft)
  const running = useExperiments(({ plan }) => plan !== null && plan.status !== 'ended')
  const config = useLab((state) => state.config)
  const { plan, error } = useMemo(() => planOfDraft(draft, config), [draft, config])
  const ready = readyOf(draft)
  if (running) return <p className="quiet">A plan is being trained; the next can be written when it has ended.</p>
  return (
    <div className="plan-form">
      <Kind draft={draft} />
      {ready && <p className="quiet">{ready.description}</p>}
      <Line label="Seeds" value={draft.seeds} onChange={(seeds) => setDraft({ seeds })} />
      <Line label="Epochs of each run" value={draft.epochs} onChange={(epochs) => setDraft({ epochs })} />
      {ready?.reads.includes('alpha') && (
        <Line label="α of regularized arms" value={draft.alpha} onChange={(alpha) => setDraft({ alpha })} />
      )}
      {ready?.reads.includes('late') && (
        <Line label="Late arm begins at epoch" value={draft.late} onChange={(late) => setDraft({ late })} />
      )}
      {ready?.reads.includes('strengths') && (
        <Line label="Strengths α" value={draft.strengths} onChange={(strengths) => setDraft({ strengths })} wide />
      )}
      {ready?.reads.includes('windows') && <DrawnSchedules windows={draft.windows} />}
      {!ready && <OwnArms arms={draft.arms} />}
      {error && (
        <p className="field-error" role="alert">
          {error}
        </p>
      )}
      {plan && <Outlook plan={plan} isReady={ready !== undefined} />}
    </div>
  )
}

function Kind({ draft }: { readonly draft: PlanDraft }) {
  const id = useId()
  return (
    <div className="plan-field wide-field">
      <label htmlFor={id}>Plan</label>
      <select
        id={id}
        className="input select"
        value={draft.kind}
        onChange={({ target }) => setDraft({ kind: target.value })}
      >
        {readyPlans.map(({ id: own, title }) => (
          <option key={own} value={own}>
            {title}
          </option>
        ))}
        <option value="own">Arms by hand</option>
      </select>
    </div>
  )
}

interface LineProps {
  readonly label: string
  readonly value: string
  readonly wide?: boolean
  readonly onChange: (value: string) => void
}

function Line({ label, value, wide = false, onChange }: LineProps) {
  const id = useId()
  return (
    <label className={`plan-field${wide ? ' wide-field' : ''}`} htmlFor={id}>
      {label}
      <input id={id} className="input" value={value} onChange={({ target }) => onChange(target.value)} />
    </label>
  )
}

/** The arms, what they take, and the buttons. */
function Outlook({ plan, isReady }: { readonly plan: Plan; readonly isReady: boolean }) {
  const blocker = useLab(startBlocker)
  const timing = useExperiments((state) => state.timing)
  const measures = plan.measure.ablation !== null || plan.measure.linearity
  return (
    <>
      <p className="quiet">
        {plural(plan.arms.length, 'arm')}: {plan.arms.map(({ name }) => name).join(', ')}; on the configuration and data
        above.
      </p>
      {measures && (
        <p className="note">
          This trains the runs. What the plan measures at their checkpoints is measured afterwards, run by run, or by
          the command line’s <code>plan</code>, whose folder can be dropped here.
        </p>
      )}
      <Estimate plan={plan} />
      {blocker && !timing && <p className="quiet">{blocker}</p>}
      <div className="button-row">
        <Button className="button primary" isDisabled={blocker !== null} onPress={startPlan}>
          Start plan
        </Button>
        <Button className="button" isDisabled={blocker !== null} onPress={timePlan}>
          {timing ? 'Timing …' : 'Time a few steps'}
        </Button>
        {isReady && (
          <Button className="button" onPress={editArms}>
            Edit arms
          </Button>
        )}
      </div>
    </>
  )
}

const costsAtHand = (config: RunConfig) => {
  const current = series.current()
  return knownCosts([...series.earlier(), ...(current ? [current] : [])], config)
}

function Estimate({ plan }: { readonly plan: Plan }) {
  const { version } = useRun()
  const free = useLab(({ caches }) => caches?.free ?? null)
  const runs = useMemo(() => expandPlan(plan), [plan])
  // biome-ignore lint/correctness/useExhaustiveDependencies: the runs of the page only grow; the version says when
  const known = useMemo(() => costsAtHand(runs[0].config), [runs, version])
  if (!known) {
    return (
      <p className="quiet">
        {plural(runs.length, 'run')}. What it takes here is known once a few steps of this configuration were timed.
      </p>
    )
  }
  const { steps, seconds, bytes: size } = estimatePlan(plan, () => known.costs)
  return (
    <p className="plan-estimate">
      <b>
        {plural(runs.length, 'run')}, {plural(steps, 'step')}, about {duration(1000 * seconds)}, {bytes(size)}
      </b>
      <span className="quiet">
        As {known.source}: {count(1000 * known.costs.step.seconds)} ms a step. Arms that change the model or batches may
        take another time. Storage is mostly checkpoints, kept while this page is open.
      </span>
      {free !== null && size > free && (
        <span className="warning-text">
          The browser has {bytes(free)} left: save checkpoints less often (checkpoint.everyEpochs).
        </span>
      )}
    </p>
  )
}
