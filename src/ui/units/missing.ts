/** Why a run has no values of sites or units, where a chart would show them. */
import type { Run } from '../../runs/reduce.ts'

export const missingUnits =
  'The values of single units were not kept for this run. Earlier versions of the page stored ended runs with means only; runs that are trained now keep them.'

export const missingSites =
  'The means of single sites were not kept for this run. Earlier versions of the page stored ended runs with means of modules only; runs that are trained now keep them.'

/** Whether some probe of the run has means of sites. */
export const hasSites = ({ probes }: Run): boolean => probes.some(({ sites }) => sites.length > 0)
