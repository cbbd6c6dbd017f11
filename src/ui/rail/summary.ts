/** One line about each step of the rail: what is set, what has been done, or what it waits for. */

import type { RunConfig } from '../../config/config.ts'
import { modelName } from '../../config/model-text.ts'
import type { Measured } from '../../runs/measured.ts'
import type { Run } from '../../runs/reduce.ts'
import type { PlanState } from '../../store/experiments/state.ts'
import { sourceName } from '../../store/names.ts'
import type { RunStatus } from '../../store/run-status.ts'
import type { DataState, MeasuringState, WeightsState } from '../../store/state.ts'
import { isActive, isPaused, loadedData } from '../../store/status.ts'
import { type Section, sectionOf } from '../controls/sections.ts'
import { imagesOfRun } from '../data/estimate.ts'
import { listingText } from '../data/reading-text.ts'
import { endText } from '../end-text.ts'
import { count, index, plural } from '../format.ts'
import { measuringText } from '../measuring-text.ts'
import { parameterCount } from '../model/parameter-count.ts'

/** `open`: nothing has been done here yet. `wrong`: the user must correct something. */
export interface Summary {
  readonly state: 'open' | 'busy' | 'done' | 'wrong'
  readonly text: string
}

const open = (text: string): Summary => ({ state: 'open', text })
const busy = (text: string): Summary => ({ state: 'busy', text })
const done = (text: string): Summary => ({ state: 'done', text })
const wrong = (text: string): Summary => ({ state: 'wrong', text })

/** The marked fields of a section, which are behind a closed header; null without any. */
function marked(errors: Readonly<Record<string, string>>, section: Section): Summary | null {
  const keys = Object.keys(errors).filter((key) => sectionOf(key) === section)
  return keys.length === 0 ? null : wrong(`${plural(keys.length, 'field')} to correct`)
}

type Errors = Readonly<Record<string, string>>

export function dataSummary(data: DataState, limits: RunConfig['data'], errors: Errors): Summary {
  if (data.status === 'reading') return busy(`Reading ${data.name}: ${listingText(data.done)}`)
  const loaded = loadedData(data)
  if (data.status === 'refused' && !loaded) return wrong('The images could not be read')
  if (!loaded) return open('Choose CIFAR-10 or your own images')
  const { classes, train } = imagesOfRun(loaded.report, limits)
  const source = sourceName(loaded.report.source)
  return (
    marked(errors, 'data') ?? done(`${source} · ${plural(classes, 'class', 'classes')} · ${plural(train, 'image')}`)
  )
}

/** `ResNet-50`, or `ResNet 1,1,1,1 · width 8` */
function shapeText(model: RunConfig['model']): string {
  const known = modelName({ ...model, width: 64 })
  const name = known.startsWith('ResNet') ? known : `ResNet ${model.blocks.join(',')}`
  return model.width === 64 ? name : `${name} · width ${model.width}`
}

/** `classes`: of the run, or a typical number before a dataset is open. */
export function modelSummary(model: RunConfig['model'], classes: number, started: boolean, errors: Errors): Summary {
  const text = `${shapeText(model)} · ${plural(parameterCount(model, classes), 'parameter')}`
  return marked(errors, 'model') ?? (started ? done(text) : open(text))
}

const recipe = ({ train, optimizer }: RunConfig): string =>
  `${plural(train.epochs, 'epoch')} · batch ${train.batchSize} · SGD ${optimizer.learningRate}`

/** `end`: of a run of this page; a stored run says nothing about the settings of the next one. */
export function trainSummary(
  config: RunConfig,
  status: RunStatus,
  end: Run['end'],
  errors: Errors,
  weights: WeightsState['status'],
): Summary {
  const plan = recipe(config)
  if (isActive(status)) return busy(plan)
  if (weights === 'refused') return wrong('The chosen weights cannot be used')
  const problem = marked(errors, 'train')
  if (problem || !end) return problem ?? open(plan)
  return end.reason === 'finished'
    ? done(`Finished after ${plural(end.epoch, 'epoch')}`)
    : open(`${endText[end.reason]} at epoch ${end.epoch.toFixed(2)}`)
}

export function observeSummary(run: Run | null): Summary {
  const probe = run?.probes.at(-1)
  if (!run || !probe) return open('Needs a run')
  const { selectivity, floor } = probe.network
  return done(`${plural(run.probes.length, 'probe')} · SI ${index(selectivity)}, floor ${index(floor)}`)
}

/** How many checkpoints of the run have any measurement. */
export function measuredCheckpoints({ tables }: Measured): number {
  const rows = Object.values(tables).flatMap((table) => table.rows())
  return new Set(rows.map(({ checkpoint }) => checkpoint)).size
}

export function ablateSummary(
  run: Pick<Run, 'start' | 'checkpoints'> | null,
  measured: number,
  status: RunStatus,
  current: MeasuringState['current'],
  bare: boolean,
): Summary {
  if (current) return busy(measuringText(current))
  if (!run?.start) return open('Needs a run')
  if (measured > 0) return done(`${plural(measured, 'checkpoint')} measured`)
  if (isActive(status) && !isPaused(status)) return open('Pause the run, or wait until it ends')
  if (bare) return open('Needs checkpoint files')
  return open(`${plural(run.checkpoints.length, 'checkpoint')}, none measured`)
}

/** `runs`: how many are listed. */
export function compareSummary(runs: number, plan: PlanState | null): Summary {
  if (!plan) return runs === 0 ? open('Needs two runs, or an example') : open(`${plural(runs, 'run')} in the list`)
  const ended = plan.runs.filter(({ status }) => status === 'finished' || status === 'existing').length
  const text = `${plan.name}: ${count(ended)} of ${plural(plan.runs.length, 'run')}`
  return plan.status === 'ended' ? done(text) : busy(text)
}

export const exportSummary = (started: boolean, exporting: boolean): Summary =>
  exporting ? busy('Exporting…') : open(started ? 'The run, or a link to its settings' : 'A link to the settings')
