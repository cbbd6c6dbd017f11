/** The summary of each step as a hook, so that a step renders again only when its own line changes. */
import { useMemo } from 'react'
import type { Run } from '../../runs/reduce.ts'
import { useExperiments } from '../../store/experiments/page.ts'
import { useLab } from '../../store/lab.ts'
import type { Step } from '../../store/page-view.ts'
import { useSeries, useShownRun } from '../../store/series.ts'
import { configNow, isBare } from '../../store/status.ts'
import { useClassCount } from '../model/use-class-count.ts'
import {
  ablateSummary,
  compareSummary,
  dataSummary,
  exportSummary,
  measuredCheckpoints,
  modelSummary,
  observeSummary,
  type Summary,
  trainSummary,
} from './summary.ts'

function useData(): Summary {
  const data = useLab((state) => state.data)
  const limits = useLab(({ config }) => config.data)
  const errors = useLab(({ fieldErrors }) => fieldErrors)
  return useMemo(() => dataSummary(data, limits, errors), [data, limits, errors])
}

function useModel(): Summary {
  const model = useLab(({ config }) => config.model)
  const errors = useLab(({ fieldErrors }) => fieldErrors)
  const started = useSeries(({ current, stored }) => !stored && current?.start != null)
  const classes = useClassCount()
  return modelSummary(model, classes, started, errors)
}

function useTrain(): Summary {
  const config = useLab(configNow)
  const status = useLab(({ run }) => run.status)
  const errors = useLab(({ fieldErrors }) => fieldErrors)
  const end = useSeries(({ current, stored }) => (stored ? null : (current?.end ?? null)))
  const weights = useLab((state) => state.weights.status)
  return trainSummary(config, status, end, errors, weights)
}

const probesKey = ({ id, probes }: Run) => `${id} ${probes.length}`

const useObserve = (): Summary => observeSummary(useShownRun(probesKey))

const measuredKey = ({ id, starts, checkpoints, measured }: Run) =>
  [id, starts.length, checkpoints.length, measured.version].join(' ')

function useAblate(): Summary {
  const run = useShownRun(measuredKey)
  const status = useLab((state) => state.run.status)
  const current = useLab(({ measuring }) => measuring.current)
  const measured = run?.measured
  const checkpoints = useMemo(() => (measured ? measuredCheckpoints(measured) : 0), [measured])
  const bare = useLab((state) => run !== null && isBare(state, run))
  return ablateSummary(run, checkpoints, status, current, bare)
}

function useCompare(): Summary {
  const runs = useExperiments((state) => state.runs.length)
  const plan = useExperiments((state) => state.plan)
  return compareSummary(runs, plan)
}

function useExport(): Summary {
  const started = useSeries(({ run }) => run?.start != null)
  const exporting = useLab((state) => state.exporting.active)
  return exportSummary(started, exporting)
}

export const summaries: Readonly<Record<Step, () => Summary>> = {
  data: useData,
  model: useModel,
  train: useTrain,
  observe: useObserve,
  ablate: useAblate,
  compare: useCompare,
  export: useExport,
}
