/** The tables that measurements add to a run, as numbers over epochs. */
import { group } from 'd3-array'
import { mean, trapezoid } from '../measure/statistics.ts'
import { inOnePairing, type Row } from '../runs/tables.ts'

/** Cumulative ablation of a module at a checkpoint: areas under top-1, in multiples of the whole network's. */
export interface AblationHarm {
  readonly epoch: number
  readonly module: string
  /** Top-1 of the whole network. */
  readonly top1: number
  /** Most selective units first. */
  readonly selective: number
  /** Random units first; mean over the draws. */
  readonly random: number
  /** random − selective: how much more it harms to lose selective units than as many random ones. */
  readonly extraHarm: number
}

/** A number of a table; an empty cell is NaN. */
const numberOf = (text: string | undefined): number => (text ? Number(text) : Number.NaN)

/** Rows on the run's own images, or where there are none on the first others. */
function onOneSource(rows: readonly Row[], source: string): Row[] {
  const chosen = rows.some(({ data }) => data === source) ? source : rows[0]?.data
  return rows.filter(({ data }) => data === chosen)
}

/** Area over the share of ablated units from 0 to 1; NaN for a curve that lacks an end or starts at nothing right. */
function areaOf(curve: readonly Row[]): number {
  const points = curve
    .map(({ share, top1 }) => ({ share: numberOf(share), top1: numberOf(top1) }))
    .sort((a, b) => a.share - b.share)
  const [first, last] = [points[0], points[points.length - 1]]
  if (first.share !== 0 || last.share !== 1 || !(first.top1 > 0)) return Number.NaN
  return trapezoid(
    points.map(({ share }) => share),
    points.map(({ top1 }) => top1 / first.top1),
  )
}

function harmOf(rows: readonly Row[]): AblationHarm {
  const areas = (order: string) =>
    [
      ...group(
        rows.filter((row) => row.order === order),
        ({ draw, seed }) => `${seed} ${draw}`,
      ).values(),
    ].map(areaOf)
  const [selective, random] = [mean(areas('selective')), mean(areas('random'))]
  const whole = rows.find(({ n }) => n === '0')
  const { epoch, module } = rows[0]
  return {
    epoch: numberOf(epoch),
    module,
    top1: numberOf(whole?.top1),
    selective,
    random,
    extraHarm: random - selective,
  }
}

/** Rows of ablation-curves.csv in which units were set to zero, by checkpoint and module, in order of epochs. */
export const ablationHarms = (rows: readonly Row[], source: string): AblationHarm[] =>
  [
    ...group(
      onOneSource(
        rows.filter(({ mode, epoch }) => mode === 'zero' && epoch !== ''),
        source,
      ),
      ({ epoch, module }) => `${epoch} ${module}`,
    ).values(),
  ]
    .map(harmOf)
    .sort((a, b) => a.epoch - b.epoch)

/** Linearity at a checkpoint; a measure that is missing is NaN. */
export interface LinearityPoint {
  readonly epoch: number
  /** 0 for an affine network. */
  readonly affineDeviation: number
  /** Means over the sites. */
  readonly gateConstancy: number
  readonly readOut: number
  /** Means over all pairs of different layers, for the largest activation (k = 1) and for a random unit. */
  readonly correlation: number
  readonly control: number
  /** correlation − control */
  readonly aboveControl: number
}

function pointOf(rows: readonly Row[]): LinearityPoint {
  const valuesOf = (measure: string) =>
    rows
      .filter((row) => row.measure === measure && (row.k === '' || (row.k === '1' && row.site !== row.other)))
      .map(({ value }) => numberOf(value))
      .filter(Number.isFinite)
  const of = (measure: string) => mean(valuesOf(measure))
  const [correlation, control] = [of('crossLayerCorrelation'), of('crossLayerControl')]
  return {
    epoch: numberOf(rows[0].epoch),
    affineDeviation: of('affineDeviation'),
    gateConstancy: of('gateConstancy'),
    readOut: of('readOut'),
    correlation,
    control,
    aboveControl: correlation - control,
  }
}

/** Rows of linearity.csv by checkpoint, in order of epochs. */
export const linearityPoints = (rows: readonly Row[], source: string): LinearityPoint[] =>
  [
    ...group(
      onOneSource(
        inOnePairing(rows).filter(({ epoch }) => epoch !== ''),
        source,
      ),
      ({ epoch }) => epoch,
    ).values(),
  ]
    .map(pointOf)
    .sort((a, b) => a.epoch - b.epoch)
