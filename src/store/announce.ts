/** Sentences for the live region. */
import type { DataReport } from '../protocol/data-report.ts'
import type { LoggedEvent } from '../protocol/run-events.ts'
import { dataChangeText } from '../runs/data-change.ts'

const count = new Intl.NumberFormat('en-US')
const share = (value: number) => value.toFixed(2).replace(/^(-?)0\./, '$1.')

/** Says what a dataset holds. */
export const dataSentence = (report: DataReport): string => {
  const { classes, images, unreadable } = report
  const files = unreadable.length === 1 ? '1 file' : `${count.format(unreadable.length)} files`
  const lost = unreadable.length === 0 ? '' : ` ${files} could not be read.`
  const all = report.checked < report.files ? 'Dataset listed' : 'Dataset read'
  return `${all}: ${classes.length} classes, ${count.format(images.train)} training and ${count.format(images.validation)} validation images.${lost}`
}

/** The sentence for an event; null for events that are not announced. */
export function eventSentence(event: LoggedEvent): string | null {
  switch (event.type) {
    case 'start':
      if (event.resumed) return `Training goes on from step ${count.format(event.fromStep)}.`
      return `Training started: ${event.config.name}, ${count.format(event.totalSteps)} steps.`
    case 'probe':
      return `Epoch ${event.epoch.toFixed(1)}: selectivity ${share(event.network.selectivity)}, floor ${share(event.network.floor)}.`
    case 'evaluation':
      return `Epoch ${event.epoch.toFixed(1)}: validation top-1 ${share(event.top1)}.`
    case 'warning':
      return `Warning: ${event.message}`
    case 'data':
      return dataChangeText(event)
    case 'end':
      return `Run ended (${event.reason}): ${event.message}`
    case 'step':
    case 'checkpoint':
    case 'activity':
    case 'graph':
      return null
    default:
      return event satisfies never
  }
}
