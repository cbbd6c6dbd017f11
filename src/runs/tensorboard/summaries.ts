/** Names the numbers of an event as TensorBoard groups them: the text before the first `/` of a tag is its group. */
import type { LoggedEvent, LoggedProbe, SiteProbe } from '../../protocol/run-events.ts'
import { type Histogram, histogramOf } from './histogram.ts'

export type Summary =
  | { readonly tag: string; readonly scalar: number }
  | { readonly tag: string; readonly histogram: Histogram }

const scores = ['loss', 'crossEntropy', 'top1', 'top5'] as const
const ofSteps = ['penalty', 'alpha', 'learningRate', 'epoch', 'gpuBytes'] as const

/** A number that a log of an earlier version lacks has no summary. NaN, which the log stores as null, is NaN. */
function scalar(tag: string, value: number | null | undefined): Summary[] {
  if (value === undefined) return []
  return [{ tag, scalar: value !== null && Number.isFinite(value) ? value : Number.NaN }]
}

function histogram(tag: string, values: readonly number[]): Summary[] {
  const found = histogramOf(values)
  return found ? [{ tag, histogram: found }] : []
}

const probeSummaries = ({ network, modules }: LoggedProbe, sites: readonly SiteProbe[]): Summary[] => [
  ...scalar('selectivity/network', network.selectivity),
  ...scalar('floor/network', network.floor),
  ...modules.flatMap(({ module, selectivity, floor, dead }) => [
    ...scalar(`selectivity/${module}`, selectivity),
    ...scalar(`floor/${module}`, floor),
    ...scalar(`dead/${module}`, dead),
  ]),
  ...sites.flatMap(({ site, selectivity, floor }) => [
    ...histogram(`selectivity/${site}`, selectivity),
    ...histogram(`floor/${site}`, floor),
  ]),
]

/** The summaries of an event, those of a probe with its units; empty for an event without measured numbers. */
export function summariesOf(event: LoggedEvent, sites: readonly SiteProbe[]): Summary[] {
  switch (event.type) {
    case 'step':
      return [
        ...scores.flatMap((key) => scalar(`${key}/train`, event[key])),
        ...ofSteps.flatMap((key) => scalar(key, event[key])),
      ]
    case 'evaluation':
      return scores.flatMap((key) => scalar(`${key}/${event.split ?? 'validation'}`, event[key]))
    case 'probe':
      return probeSummaries(event, sites)
    default:
      return []
  }
}
