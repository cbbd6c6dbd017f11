/** The selected runs, which are compared and judged. */
import { useMemo } from 'react'
import type { RunRecord } from '../../experiments/record.ts'
import { useExperiments } from '../../store/experiments/page.ts'

export function useChosenRuns(): readonly RunRecord[] {
  const runs = useExperiments((state) => state.runs)
  const leftOut = useExperiments((state) => state.leftOut)
  return useMemo(() => runs.filter(({ id }) => !leftOut.has(id)).map(({ record }) => record), [runs, leftOut])
}
