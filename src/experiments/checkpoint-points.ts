/** Reads the measurement tables of a run as points over epochs, one for each checkpoint. */
import { group } from 'd3-array'
import { relativeArea } from '../area.ts'
import { mean } from '../measure/statistics.ts'
import {
  inOnePairing,
  isOnOtherData,
  numberOf,
  type OwnData,
  ownRows,
  type Row,
  type TableSpec,
  tables,
} from '../runs/tables.ts'

/** Cumulative ablation of a module at a checkpoint: areas under top-1, relative to the intact network's top-1. */
export interface AblationHarm {
  readonly epoch: number
  readonly module: string
  /** Top-1 of the intact network. */
  readonly top1: number
  /** Area when the most selective units are ablated first. */
  readonly selective: number
  /** Area when units are ablated in random order; mean over the draws. */
  readonly random: number
  /** random − selective: how much more the loss of selective units harms than the loss of as many random ones. */
  readonly extraHarm: number
}

/**
 * The rows measured on the run's own images; without any, those on the first source of another name of which no row says
 * that its images were others.
 */
function onOneSource(spec: TableSpec, rows: readonly Row[], own: OwnData): Row[] {
  const found = ownRows(spec, rows, own)
  if (found.length > 0) return found
  const unknown = rows.filter((row) => !isOnOtherData(row, own))
  return unknown.filter(({ data }) => data === unknown[0].data)
}

const areaOf = (curve: readonly Row[]): number =>
  relativeArea(curve.map(({ share, top1 }) => ({ share: numberOf(share), value: numberOf(top1) })))

function harmOf(rows: readonly Row[]): AblationHarm {
  const meanArea = (order: string) => {
    const own = rows.filter((row) => row.order === order)
    const curves = group(own, ({ draw, seed }) => `${seed} ${draw}`)
    return mean([...curves.values()].map(areaOf))
  }
  const [selective, random] = [meanArea('selective'), meanArea('random')]
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

/** One point for each checkpoint and module from the rows of ablation-curves.csv with zeroed units, by epoch. */
export function ablationHarms(rows: readonly Row[], own: OwnData): AblationHarm[] {
  const zeroed = rows.filter(({ mode, epoch }) => mode === 'zero' && epoch !== '')
  const points = group(onOneSource(tables.curves, zeroed, own), ({ epoch, module }) => `${epoch} ${module}`)
  return [...points.values()].map(harmOf).sort((a, b) => a.epoch - b.epoch)
}

/** Linearity at a checkpoint; NaN for a measure that was not taken. */
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

/** One point for each checkpoint from the rows of linearity.csv, by epoch. */
export function linearityPoints(rows: readonly Row[], own: OwnData): LinearityPoint[] {
  const withEpoch = rows.filter(({ epoch }) => epoch !== '')
  const points = group(inOnePairing(onOneSource(tables.linearity, withEpoch, own)), ({ epoch }) => epoch)
  return [...points.values()].map(pointOf).sort((a, b) => a.epoch - b.epoch)
}
