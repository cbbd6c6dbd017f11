/** Cumulative ablation: loss and accuracy against the number of units ablated in every site of a module at once. */
import { group } from 'd3-array'
import { relativeArea } from '../area.ts'
import { sitesOf } from '../model/resnet.ts'
import type { SiteInfo } from '../protocol/environment.ts'
import { type AblationOrder, ablationOf, type PerUnit, type Replacement, sitesIn, unitOrder } from './ablation.ts'
import { createScorer, type ImageBatches, type ScoreOptions } from './behind.ts'
import type { Ablations, Evaluation, Network } from './evaluate.ts'
import { rounded } from './statistics.ts'

export interface CurveKey {
  readonly module: string
  readonly order: AblationOrder
  /** Which of the random orders; 0 for the others. */
  readonly draw: number
}

/** A point of a curve. */
export interface CurvePoint extends CurveKey, Pick<Evaluation, 'loss' | 'top1' | 'top5'> {
  /** Units ablated in each site, and their share of the site's units. */
  readonly n: number
  readonly share: number
}

export interface CurvesRequest extends Replacement {
  readonly modules: readonly string[]
  readonly orders: readonly AblationOrder[]
  /** Random orders. */
  readonly draws: number
  /** Points of a curve, evenly spaced from no unit to all. */
  readonly points: number
  readonly selectivity: PerUnit
  readonly seed: number
  /** Points that need not be measured again. */
  readonly known?: (point: Planned) => boolean
}

export interface MeasureOptions extends Omit<ScoreOptions, 'onProgress'> {
  /** Images × variants done, of all. */
  readonly onProgress?: (done: number, total: number) => void
}

/** Numbers of units from 0 to all, evenly spaced; fewer where there are fewer units than points. */
export function unitCounts(units: number, points: number): number[] {
  const counts = Array.from({ length: points }, (_, i) => Math.round((i * units) / Math.max(1, points - 1)))
  return [...new Set(counts)]
}

type Planned = CurveKey & Pick<CurvePoint, 'n'>

const curvesOf = (module: string, { orders, draws }: Pick<CurvesRequest, 'orders' | 'draws'>): CurveKey[] =>
  orders.flatMap((order) =>
    Array.from({ length: order === 'random' ? draws : 1 }, (_, draw) => ({ module, order, draw })),
  )

/** All points of a request's curves of one module, known or not. Throws RangeError for an unknown module. */
export const plannedPoints = (
  sites: readonly SiteInfo[],
  module: string,
  request: Pick<CurvesRequest, 'orders' | 'draws' | 'points'>,
): Planned[] => {
  const counts = unitCounts(sitesIn(sites, module)[0].units, request.points)
  return curvesOf(module, request).flatMap((curve) => counts.map((n) => ({ ...curve, n })))
}

/** With no unit or all, every order is the same variant. */
const variantName = ({ order, draw, n }: Planned, units: number) =>
  n === 0 || n === units ? `${n}` : `${order} ${draw} ${n}`

/** One module's missing points, in the order of the curves. */
function plan(sites: readonly SiteInfo[], module: string, request: CurvesRequest) {
  const own = sitesIn(sites, module)
  const { units } = own[0]
  const missing = plannedPoints(sites, module, request).filter((point) => !request.known?.(point))
  const variants = new Map<string, Ablations>()
  for (const point of missing) {
    const name = variantName(point, units)
    if (!variants.has(name)) variants.set(name, variantOf(own, point, request))
  }
  return { own, units, missing, variants }
}

function variantOf(sites: readonly SiteInfo[], { order, draw, n }: Planned, request: CurvesRequest): Ablations {
  if (n === 0) return new Map()
  const chosen = sites.map((site) => [site.name, unitOrder(site, order, { ...request, draw }).subarray(0, n)] as const)
  return ablationOf(sites, new Map(chosen), request)
}

/**
 * Measures curves module by module, each module's points in one pass over the images; yields point by point. Points of the
 * same `known` are left out. Rejects with AbortError.
 */
export async function* ablationCurves(
  network: Network,
  images: ImageBatches,
  request: CurvesRequest,
  { onProgress, ...options }: MeasureOptions = {},
): AsyncGenerator<CurvePoint> {
  const plans = request.modules.map((module) => plan(sitesOf(network.net), module, request))
  const total = images.images * plans.reduce((sum, { variants }) => sum + variants.size, 0)
  let done = 0
  for (const { own, units, missing, variants } of plans) {
    if (missing.length === 0) continue
    const scorer = createScorer(network, images, own[0].name, {
      ...options,
      onProgress: (more) => {
        done += more
        onProgress?.(done, total)
      },
    })
    try {
      const names = [...variants.keys()]
      const scores = await scorer.score([...variants.values()])
      for (const point of missing) {
        const { loss, top1, top5 } = scores[names.indexOf(variantName(point, units))]
        yield { ...point, share: rounded(point.n / units), loss, top1, top5 }
      }
    } finally {
      scorer.dispose()
    }
  }
}

export interface CurveArea extends CurveKey, Pick<Evaluation, 'loss' | 'top1' | 'top5'> {}

const curveName = ({ module, order, draw }: CurveKey) => `${module} ${order} ${draw}`

/** `relativeArea` of each curve, for loss, top-1 and top-5. */
export function curveAreas(points: readonly CurvePoint[]): CurveArea[] {
  return [...group(points, curveName).values()].map((own) => {
    const areaOf = (key: 'loss' | 'top1' | 'top5') =>
      rounded(relativeArea(own.map((point) => ({ share: point.share, value: point[key] }))))
    const { module, order, draw } = own[0]
    return { module, order, draw, loss: areaOf('loss'), top1: areaOf('top1'), top5: areaOf('top5') }
  })
}
