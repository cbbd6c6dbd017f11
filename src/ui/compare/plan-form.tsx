/** The form for a plan: a ready-made plan with parameters or custom arms, the estimated cost, and the start button. */
import { useId, useMemo } from 'react'
import { Button, FileTrigger } from 'react-aria-components'
import type { RunConfig } from '../../config/config.ts'
import { type Costs, costKey, estimatePlan } from '../../experiments/estimate.ts'
import { expandPlan, type MeasureKind, type Plan, type PlannedRun } from '../../experiments/plan.ts'
import { readyPlans } from '../../experiments/ready-plans.ts'
import type { Run } from '../../runs/reduce.ts'
import type { PlanDraft } from '../../store/experiments/first-draft.ts'
import { experiments, useExperiments } from '../../store/experiments/page.ts'
import { costsOnPage, type KnownCosts, trialSteps } from '../../store/experiments/plan-costs.ts'
import { planOfDraft, readyOf } from '../../store/experiments/plan-draft.ts'
import { useLab } from '../../store/lab.ts'
import { series, useSeries } from '../../store/series.ts'
import { startBlocker } from '../../store/status.ts'
import { Boxes } from '../controls/choices.tsx'
import { bytes, count, duration, plural } from '../format.ts'
import { DrawnSchedules } from './drawn-schedules.tsx'
import { OwnArms } from './own-arms.tsx'

export function PlanForm() {
  const draft = useExperiments((state) => state.draft)
  const running = useExperiments(({ plan }) => plan !== null && plan.status !== 'ended')
  const config = useLab((state) => state.config)
  const { plan, error } = useMemo(() => planOfDraft(draft, config), [draft, config])
  const ready = readyOf(draft)
  if (running) return <p className="quiet">A plan is running. You can write the next one when it has ended.</p>
  return (
    <div className="plan-form">
      <Kind draft={draft} />
      <FileTrigger acceptedFileTypes={['.json']} onSelect={(files) => files?.[0] && experiments.openPlan(files[0])}>
        <Button className="button quiet-button">Open a plan file</Button>
      </FileTrigger>
      {ready && <p className="quiet">{ready.description}</p>}
      {ready?.preset && <p className="quiet">This plan has set the steps Data, Model and Train.</p>}
      <Line label="Seeds" value={draft.seeds} onChange={(seeds) => experiments.setDraft({ seeds })} />
      <Line label="Epochs of each run" value={draft.epochs} onChange={(epochs) => experiments.setDraft({ epochs })} />
      {ready?.reads.includes('alpha') && (
        <Line label="α of regularized arms" value={draft.alpha} onChange={(alpha) => experiments.setDraft({ alpha })} />
      )}
      {ready?.reads.includes('late') && (
        <Line label="Late arm starts at epoch" value={draft.late} onChange={(late) => experiments.setDraft({ late })} />
      )}
      {ready?.reads.includes('strengths') && (
        <Line
          label="Strengths α"
          value={draft.strengths}
          onChange={(strengths) => experiments.setDraft({ strengths })}
          wide
        />
      )}
      {ready?.reads.includes('windows') && <DrawnSchedules windows={draft.windows} />}
      {!ready && <OwnArms arms={draft.arms} />}
      <Measured draft={draft} />
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
        onChange={({ target }) => experiments.choosePlan(target.value)}
      >
        {readyPlans.map(({ id: own, title }) => (
          <option key={own} value={own}>
            {title}
          </option>
        ))}
        <option value="own">Custom arms</option>
      </select>
    </div>
  )
}

const measureNames: Readonly<Record<MeasureKind, string>> = {
  ablation: 'ablation curves',
  units: 'single units',
  linearity: 'linearity',
}

/** The measurements after each run, and the epochs of their checkpoints. */
function Measured({ draft }: { readonly draft: PlanDraft }) {
  const own = draft.measure ?? readyOf(draft)?.measures ?? []
  return (
    <>
      <Boxes
        label="Measured at checkpoints"
        value={own}
        options={measureNames}
        onChange={(measure) => experiments.setDraft({ measure })}
      />
      {own.length > 0 && (
        <Line
          label="At epochs"
          value={draft.measureEpochs}
          placeholder="all"
          onChange={(measureEpochs) => experiments.setDraft({ measureEpochs })}
        />
      )}
    </>
  )
}

interface LineProps {
  readonly label: string
  readonly value: string
  readonly wide?: boolean
  /** Describes the meaning of an empty field. */
  readonly placeholder?: string
  readonly onChange: (value: string) => void
}

function Line({ label, value, wide = false, placeholder, onChange }: LineProps) {
  const id = useId()
  return (
    <label className={`plan-field${wide ? ' wide-field' : ''}`} htmlFor={id}>
      {label}
      <input
        id={id}
        className="input"
        value={value}
        placeholder={placeholder}
        onChange={({ target }) => onChange(target.value)}
      />
    </label>
  )
}

/** The arms, the estimated cost and the buttons. */
function Outlook({ plan, isReady }: { readonly plan: Plan; readonly isReady: boolean }) {
  const blocker = useLab(startBlocker)
  const timing = useExperiments((state) => state.timing)
  return (
    <>
      <p className="quiet">
        {plural(plan.arms.length, 'arm')}: {plan.arms.map(({ name }) => name).join(', ')}; on the configuration and data
        above.
      </p>
      <Estimate plan={plan} />
      {blocker && !timing && <p className="quiet">{blocker}</p>}
      <div className="button-row">
        <Button className="button primary" isDisabled={blocker !== null} onPress={experiments.startPlan}>
          Start plan
        </Button>
        <Button className="button" isDisabled={blocker !== null} onPress={experiments.timePlan}>
          {timing ? 'Timing…' : 'Time a few steps'}
        </Button>
        <Button className="button" onPress={experiments.savePlan}>
          Save as a plan file
        </Button>
        {isReady && (
          <Button className="button" onPress={experiments.editArms}>
            Edit arms
          </Button>
        )}
      </div>
    </>
  )
}

const ofRuns = (known: readonly KnownCosts[]) => [...new Set(known.map(({ source }) => source))].join('; ')

/** Changes when a run of the page may have other costs: not at every step. */
const timedKey = ({ id, steps, evaluations, probes, checkpoints }: Run) =>
  [id, Math.min(steps.length, trialSteps), evaluations.length, probes.length, checkpoints.length].join(' ')

function Estimate({ plan }: { readonly plan: Plan }) {
  const timed = useSeries(({ current }) => current && timedKey(current))
  const free = useLab(({ caches }) => caches?.free ?? null)
  const runs = useMemo(() => expandPlan(plan), [plan])
  // biome-ignore lint/correctness/useExhaustiveDependencies: the runs of the page only grow; the key says when
  const costs = useMemo(() => costsOfKinds(runs), [runs, timed])
  if (!costs) {
    return (
      <p className="quiet">
        {plural(runs.length, 'run')}. The estimate needs the time of a few steps of each kind of run.
      </p>
    )
  }
  const known = [...costs.values()]
  const { steps, seconds, measureSeconds, bytes: size } = estimatePlan(plan, ({ config }) => costOf(costs, config))
  return (
    <p className="plan-estimate">
      <b>
        {plural(runs.length, 'run')}, {plural(steps, 'step')}, about {duration(1000 * seconds)}, {bytes(size)}
      </b>
      <span className="quiet">
        {measureSeconds > 0 && `Measuring at checkpoints takes about ${duration(1000 * measureSeconds)} of it. `}
        As {ofRuns(known)}: {known.map((one) => count(1000 * one.costs.step.seconds)).join(', ')} ms per step. Storage
        is mostly for checkpoints, which exist while this page is open.
      </span>
      {free !== null && size > free && (
        <span className="warning-text">
          The browser has {bytes(free)} left: save checkpoints less often (checkpoint.everyEpochs).
        </span>
      )}
    </p>
  )
}

/** The costs of each kind of run, by its key; null if the costs of a kind are unknown. */
function costsOfKinds(runs: readonly PlannedRun[]): ReadonlyMap<string, KnownCosts> | null {
  const costs = new Map<string, KnownCosts>()
  for (const { config } of runs) {
    const key = costKey(config)
    if (costs.has(key)) continue
    const known = costsOnPage(series, config)
    if (!known) return null
    costs.set(key, known)
  }
  return costs
}

function costOf(costs: ReadonlyMap<string, KnownCosts>, config: RunConfig): Costs {
  const known = costs.get(costKey(config))
  if (!known) throw new RangeError(`no costs of ${config.name}`)
  return known.costs
}
