/** The measurements, each over the checkpoints that it names; what is known already is left out. */

import { replacementOf, sampleUnits, sitesIn, type UnitSet } from '../measure/ablation.ts'
import { ablationCurves, plannedPoints } from '../measure/ablation-curves.ts'
import type { Network } from '../measure/evaluate.ts'
import { linearity } from '../measure/linearity.ts'
import { measureIndices } from '../measure/measure-indices.ts'
import { indexRows, linearityRows } from '../measure/rows.ts'
import { unitEffects } from '../measure/unit-effects.ts'
import { measureUnits, type Units } from '../measure/units.ts'
import type {
  CheckpointName,
  CurvePointName,
  CurvesMeasurement,
  EffectsMeasurement,
  IndicesMeasurement,
  LinearityMeasurement,
  MeasuredCells,
  MeasuredTable,
} from '../protocol/measurement.ts'
import { type OpenedRun, withNetwork } from './measured-run.ts'

/** Where results go as they come. */
export interface Tell {
  readonly row: (table: MeasuredTable, cells: MeasuredCells) => void
  /** Checkpoints done of all, with a fraction. */
  readonly progress: (done: number, total: number) => void
}

type Work = (network: Network, checkpoint: CheckpointName, progress: (share: number) => void) => Promise<void>

/** Does `work` with the network of one checkpoint after the other. */
async function eachNetwork(run: OpenedRun, checkpoints: readonly CheckpointName[], tell: Tell, work: Work) {
  const total = checkpoints.length
  for (const [i, checkpoint] of checkpoints.entries()) {
    run.signal.throwIfAborted()
    tell.progress(i, total)
    await withNetwork(run, checkpoint.file, (network) =>
      work(network, checkpoint, (share) => tell.progress(i + share, total)),
    )
  }
  tell.progress(total, total)
}

const keyOf = ({ config }: OpenedRun, { file, epoch }: CheckpointName) => ({
  checkpoint: file,
  data: config.data.source,
  epoch,
})

const probed = ({ sites, reader, signal }: OpenedRun, network: Network): Promise<Units> =>
  measureUnits(network, sites, reader.probe(), { top: 1, signal })

const pointName = ({ module, order, draw, n }: CurvePointName) => [module, order, draw, n].join(' ')

export async function measureCurves(run: OpenedRun, asked: CurvesMeasurement, tell: Tell): Promise<void> {
  const { sites, signal } = run
  const { seed } = run.config
  const knownAt = ({ file }: CheckpointName) => {
    const names = new Set(asked.known[file]?.map(pointName))
    return (point: CurvePointName) => names.has(pointName(point))
  }
  const all = asked.modules.flatMap((module) => plannedPoints(sites, module, asked))
  const due = asked.checkpoints.filter((checkpoint) => !all.every(knownAt(checkpoint)))
  await eachNetwork(run, due, tell, async (network, checkpoint, progress) => {
    const units = await probed(run, network)
    const how = { ...replacementOf(asked.mode, units), selectivity: units.selectivity, seed }
    const request = { ...asked, ...how, known: knownAt(checkpoint) }
    const options = { signal, onProgress: (done: number, total: number) => progress(done / total) }
    for await (const point of ablationCurves(network, run.heldOut, request, options))
      tell.row('curves', { ...keyOf(run, checkpoint), mode: asked.mode, seed, ...point })
  })
}

/** The units that are asked for, those that are known left out. */
function dueUnits(
  { sites, config }: OpenedRun,
  { units, known }: EffectsMeasurement,
  { file }: CheckpointName,
  { selectivity }: Units,
): UnitSet {
  const sample = (modules: readonly string[], size: number | null) =>
    modules.flatMap((module) => {
      const count = size ?? Number.MAX_SAFE_INTEGER
      return [...sampleUnits(sitesIn(sites, module), selectivity, { count, seed: config.seed })]
    })
  const chosen = isSample(units) ? sample(units.modules, units.sample) : Object.entries(units)
  return new Map(
    chosen.map(([site, all]) => {
      const done = new Set(known[file]?.[site])
      return [site, all.filter((unit) => !done.has(unit))] as const
    }),
  )
}

type Sampled = Extract<EffectsMeasurement['units'], { readonly sample: number | null }>

const isSample = (units: EffectsMeasurement['units']): units is Sampled => 'sample' in units

export const measureEffects = (run: OpenedRun, asked: EffectsMeasurement, tell: Tell): Promise<void> =>
  eachNetwork(run, asked.checkpoints, tell, async (network, checkpoint, progress) => {
    const all = await probed(run, network)
    const units = dueUnits(run, asked, checkpoint, all)
    const request = { ...replacementOf(asked.mode, all), ...all, units }
    const options = { signal: run.signal, onProgress: (done: number, total: number) => progress(done / total) }
    for await (const effect of unitEffects(network, run.heldOut, request, options))
      tell.row('units', { ...keyOf(run, checkpoint), mode: asked.mode, ...effect })
  })

export const measureLinearity = (run: OpenedRun, { checkpoints }: LinearityMeasurement, tell: Tell): Promise<void> =>
  eachNetwork(run, checkpoints, tell, async (network, checkpoint, progress) => {
    const { heldOut, signal, config } = run
    const onProgress = (images: number) => progress(images / heldOut.images)
    const result = await linearity(network, heldOut.batches(), { seed: config.seed, signal, onProgress })
    for (const row of linearityRows(result)) tell.row('linearity', { ...keyOf(run, checkpoint), ...row })
  })

export const measureAllIndices = (
  run: OpenedRun,
  { checkpoints, indices }: IndicesMeasurement,
  tell: Tell,
): Promise<void> =>
  eachNetwork(run, checkpoints, tell, async (network, checkpoint) => {
    const options = { shuffled: run.reader.probeShuffles, signal: run.signal }
    const sites = await measureIndices(network, run.reader.probe(), indices, options)
    for (const row of sites.flatMap(indexRows)) tell.row('indices', { ...keyOf(run, checkpoint), ...row })
  })
