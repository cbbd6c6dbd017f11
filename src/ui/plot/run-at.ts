/** Keys that change when the data of a chart change, so that rare points are not redrawn at every step. */
import { lastStep } from '../../runs/last-step.ts'
import type { Run } from '../../runs/reduce.ts'
import { signSpans } from './alpha-spans.ts'
import { axisEnd, powerOfTwo } from './x-axis.ts'

/** Changes with the end of the x axis and the shading of α, which every chart over training shows. */
const axisKey = (run: Run) => [run.id, axisEnd(run), signSpans(run).length, run.end ? 'ended' : ''].join(' ')

/** Changes when a chart of probes has something new to show. */
export const probeKey = (run: Run): string => `${axisKey(run)} ${run.probes.length}`

/** Changes with every probe, checkpoint and measurement. */
export const measurementKey = (run: Run): string => `${probeKey(run)} ${run.checkpoints.length} ${run.measured.version}`

/** Changes when a chart of measurements at checkpoints has something new to show; all modules are known at the first probe. */
export const checkpointsKey = (run: Run): string =>
  [axisKey(run), run.probes.length > 0, run.starts.length, run.checkpoints.length, run.measured.version].join(' ')

/** True for a run that takes no steps now: nothing of it may stay undrawn. */
export const isAtRest = ({ activity, end }: Run): boolean => end !== null || activity === null || activity === 'paused'

/** Steps of a line that fall into one of its pixel columns need no redraw. */
const columns = 300

/**
 * Changes when a line over steps has grown by a pixel column of the visible range, with an evaluation, and while no step is
 * taken: the line of a run that rests is complete.
 */
export function stepsKey(run: Run, range: readonly [number, number] | null): string {
  const last = lastStep(run)
  const grain = powerOfTwo((range ? range[1] - range[0] : last) / columns)
  return [
    axisKey(run),
    run.starts.length,
    run.evaluations.length,
    isAtRest(run) ? last : Math.floor(last / grain),
    grain,
  ].join(' ')
}
