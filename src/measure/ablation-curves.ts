/** Cumulative ablation: loss and accuracy against the number of units ablated in every site of a module at once. */
import { group } from 'd3-array'
import { relativeArea } from '../area.ts'
import { sitesOf } from '../model/resnet.ts'
import type { SiteInfo } from '../protocol/environment.ts'
import type { CurvePointName } from '../protocol/measurement.ts'
import { type AblationOrder, ablationOf, type PerUnit, type Replacement, sitesIn, unitOrder } from './ablation.ts'
import type { Ablations, Evaluation, Network } from './evaluate.ts'
import { rounded } from './statistics.ts'
import { createScorer, type ImageBatches, type ScoreOptions, type Scorer } from './variant-scorer.ts'

export interface CurveKey {
  readonly module: string
  readonly order: AblationOrder
  /** Number of the random order; 0 for the other orders. */
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
  /** Number of random orders. */
  readonly draws: number
  /** Number of points of a curve, evenly spaced from no unit to all. */
  readonly points: number
  readonly selectivity: PerUnit
  readonly seed: number
  /** Whether a point was measured earlier; such points are left out. */
  readonly known?: (point: CurvePointName) => boolean
}

export interface MeasureOptions extends Omit<ScoreOptions, 'onProgress'> {
  /** Called with the number of (image, variant) pairs done, and with their total. */
  readonly onProgress?: (done: number, total: number) => void
}

/** Numbers of units from 0 to `units`, evenly spaced; fewer than `points` where there are fewer units. */
export function unitCounts(units: number, points: number): number[] {
  const counts = Array.from({ length: points }, (_, i) => Math.round((i * units) / Math.max(1, points - 1)))
  return [...new Set(counts)]
}

const curvesOf = (module: string, { orders, draws }: Pick<CurvesRequest, 'orders' | 'draws'>): CurveKey[] =>
  orders.flatMap((order) =>
    Array.from({ length: order === 'random' ? draws : 1 }, (_, draw) => ({ module, order, draw })),
  )

/** All points of one module's curves in a request, known or not. Throws RangeError for an unknown module. */
export const plannedPoints = (
  sites: readonly SiteInfo[],
  module: string,
  request: Pick<CurvesRequest, 'orders' | 'draws' | 'points'>,
): CurvePointName[] => {
  const counts = unitCounts(sitesIn(sites, module)[0].units, request.points)
  return curvesOf(module, request).flatMap((curve) => counts.map((n) => ({ ...curve, n })))
}

/** The variant of a point. With no unit or all units ablated, every order is the same variant. */
const variantName = ({ order, draw, n }: CurvePointName, units: number) =>
  n === 0 || n === units ? `${n}` : `${order} ${draw} ${n}`

/** One module's missing points and the variants that give them, both in the order of the curves. */
interface ModuleWork {
  readonly sites: readonly SiteInfo[]
  /** Units of each site. */
  readonly units: number
  readonly missing: readonly CurvePointName[]
  readonly variants: ReadonlyMap<string, Ablations>
}

function workOf(all: readonly SiteInfo[], module: string, request: CurvesRequest): ModuleWork {
  const sites = sitesIn(all, module)
  const { units } = sites[0]
  const missing = plannedPoints(all, module, request).filter((point) => !request.known?.(point))
  const variants = new Map<string, Ablations>()
  for (const point of missing) {
    const name = variantName(point, units)
    if (!variants.has(name)) variants.set(name, variantOf(sites, point, request))
  }
  return { sites, units, missing, variants }
}

function variantOf(sites: readonly SiteInfo[], { order, draw, n }: CurvePointName, request: CurvesRequest): Ablations {
  if (n === 0) return new Map()
  const chosen = sites.map((site) => [site.name, unitOrder(site, order, { ...request, draw }).subarray(0, n)] as const)
  return ablationOf(sites, new Map(chosen), request)
}

/**
 * Measures curves module by module, each module's missing points in one pass over the images, and yields point by point.
 * Throws RangeError for an unknown module, or AbortError.
 */
export async function* ablationCurves(
  network: Network,
  images: ImageBatches,
  request: CurvesRequest,
  { onProgress, ...options }: MeasureOptions = {},
): AsyncGenerator<CurvePoint> {
  const all = request.modules.map((module) => workOf(sitesOf(network.net), module, request))
  const total = images.images * all.reduce((sum, { variants }) => sum + variants.size, 0)
  let done = 0
  const progress = (more: number) => {
    done += more
    onProgress?.(done, total)
  }
  for (const work of all) {
    if (work.missing.length === 0) continue
    const scorer = createScorer(network, images, work.sites[0].name, { ...options, onProgress: progress })
    try {
      yield* modulePoints(scorer, work)
    } finally {
      scorer.dispose()
    }
  }
}

async function* modulePoints({ score }: Scorer, { units, missing, variants }: ModuleWork): AsyncGenerator<CurvePoint> {
  const names = [...variants.keys()]
  const scores = await score([...variants.values()])
  for (const point of missing) {
    const { loss, top1, top5 } = scores[names.indexOf(variantName(point, units))]
    yield { ...point, share: rounded(point.n / units), loss, top1, top5 }
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
