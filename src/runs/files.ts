/** The files of a run, as text: events.jsonl, metrics.csv and selectivity.csv, line by line. */
import type { ProbeEvent, RecordedEvent, RunEvent } from '../events.ts'

export const eventLine = (event: RecordedEvent): string => `${JSON.stringify(event)}\n`

export const metricsHeader = 'step,epoch,split,loss,crossEntropy,penalty,alpha,learningRate,top1,top5\n'
export const selectivityHeader = 'step,epoch,module,site,unit,selectivity,floor,preferredClass,dead\n'

const row = (...cells: (string | number)[]) => `${cells.join(',')}\n`

/** The row of metrics.csv that an event stands for, or nothing. */
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

/** The rows of selectivity.csv of one probe: one a unit. preferredClass is the index into the run's classes. */
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
