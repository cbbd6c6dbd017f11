/** Formats the files of a run: environment.json, and the lines of events.jsonl, metrics.csv and selectivity.csv. */
import type { Environment, GraphReport } from '../protocol/environment.ts'
import type { ProbeEvent, RecordedEvent, RunEvent } from '../protocol/run-events.ts'

/** The contents of environment.json: the environment with the graph reports so far. */
export const environmentFile = (environment: Environment, graphs: ReadonlyMap<string, GraphReport>): Environment =>
  graphs.size === 0 ? environment : { ...environment, graphs: [...graphs.values()] }

export const eventLine = (event: RecordedEvent): string => `${JSON.stringify(event)}\n`

export const metricsHeader = 'step,epoch,split,loss,crossEntropy,penalty,alpha,learningRate,top1,top5\n'
export const selectivityHeader = 'step,epoch,module,site,unit,selectivity,floor,preferredClass,dead\n'

// JSON stores a number that is not finite as null: a log that was read back has to give the same rows.
const cellOf = (cell: string | number | null) =>
  cell === null || (typeof cell === 'number' && !Number.isFinite(cell)) ? Number.NaN : cell
const row = (...cells: (string | number)[]) => `${cells.map(cellOf).join(',')}\n`

/** The row of metrics.csv for a step or an evaluation; '' for other events. */
export function metricsRow(event: RunEvent): string {
  if (event.type === 'step') {
    const { step, epoch, loss, crossEntropy, penalty, alpha, learningRate, top1, top5 } = event
    return row(step, epoch, 'train', loss, crossEntropy, penalty, alpha, learningRate, top1, top5)
  }
  if (event.type === 'evaluation') {
    const { step, epoch, split, loss, crossEntropy, top1, top5 } = event
    return row(step, epoch, split, loss, crossEntropy, '', '', '', top1, top5)
  }
  return ''
}

/** The rows of selectivity.csv for a probe, one for each unit. `preferredClass` is an index into the run's classes. */
export const selectivityRows = ({ step, epoch, sites }: ProbeEvent): string =>
  sites
    .map(({ site, module, selectivity, floor, preferredClass, dead }) =>
      selectivity
        .map((value, unit) =>
          row(step, epoch, module, site, unit, value, floor[unit], preferredClass[unit], dead[unit]),
        )
        .join(''),
    )
    .join('')
