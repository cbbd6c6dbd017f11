/** What happens to selectivity in a run: where each module begins, peaks and ends. */
import type { Run } from '../../runs/reduce.ts'

export interface Point {
  readonly step: number
  readonly epoch: number
  readonly selectivity: number
  /** Mean selectivity under shuffled labels. */
  readonly floor: number
}

export interface ModuleStory {
  readonly module: string
  readonly first: Point
  readonly peak: Point
  readonly last: Point
}

/** A smaller change is not worth telling. */
const least = 0.02

export const rises = ({ first, peak }: ModuleStory): boolean => peak.selectivity - first.selectivity >= least
export const recedes = ({ peak, last }: ModuleStory): boolean => peak.selectivity - last.selectivity >= least

/** How far selectivity is above its chance floor. */
export const aboveFloor = ({ selectivity, floor }: Point): number => selectivity - floor

type Probed = Pick<Run, 'probes'>

function pointsOf({ probes }: Probed, name: string): Point[] {
  return probes.flatMap(({ step, epoch, modules }) => {
    const own = modules.find(({ module }) => module === name)
    return own ? [{ step, epoch, selectivity: own.selectivity, floor: own.floor }] : []
  })
}

const highest = (points: readonly Point[]): Point => points.reduce((a, b) => (b.selectivity > a.selectivity ? b : a))

/** The stories of the modules that were measured at the first probe, in their order. */
export function storiesOf(run: Probed): ModuleStory[] {
  return (run.probes[0]?.modules ?? []).map(({ module }) => {
    const points = pointsOf(run, module)
    return { module, first: points[0], peak: highest(points), last: points[points.length - 1] }
  })
}

/** Rise and recession together, and the rise alone where the module does not recede. */
const drama = (story: ModuleStory): number => {
  const rise = story.peak.selectivity - story.first.selectivity
  const fall = story.peak.selectivity - story.last.selectivity
  return rises(story) && recedes(story) ? 1 + Math.min(rise, fall) : Math.min(rise, 1)
}

/** The module that shows rise and recession best; null without modules. */
export const mostTelling = (stories: readonly ModuleStory[]): ModuleStory | null =>
  stories.reduce<ModuleStory | null>((best, one) => (best && drama(best) >= drama(one) ? best : one), null)

/** Top-1 on validation images at the newest evaluation up to a step; null without one. */
export const accuracyAt = ({ evaluations }: Pick<Run, 'evaluations'>, step: number): number | null =>
  evaluations.findLast((evaluation) => evaluation.step <= step)?.top1 ?? null
