/** Runs by arm: those whose configurations differ only in the seed. */
import { group } from 'd3-array'
import { fieldEntries, getField, type RunConfig } from '../config/config.ts'
import type { RunRecord } from './record.ts'

export interface RunGroup {
  /** The arm's name where the runs have one, else the first run's. Unique among the groups. */
  readonly name: string
  readonly config: RunConfig
  readonly runs: readonly RunRecord[]
}

/** Keys that do not make an arm. The data are told by their fingerprint where it is known, not by where they lie. */
const apart = ['name', 'seed', 'data.source']

/** Equal for runs that repeat one another with other seeds; `besides` leaves out more keys and what begins with them. */
export function armKey({ config, fingerprint }: RunRecord, besides: readonly string[] = []): string {
  const left = (key: string) => !apart.includes(key) && !besides.some((one) => key === one || key.startsWith(`${one}.`))
  const values = fieldEntries.filter(({ key }) => left(key)).map(({ key }) => getField(config, key))
  return JSON.stringify([fingerprint || config.data.source, ...values])
}

/** `none` of `plan/none/seed-1`; '' for a name of another form. */
const armName = (run: string): string => /([^/]+)\/seed-\d+$/.exec(run)?.[1] ?? ''

function unique(names: readonly string[]): string[] {
  const before = new Map<string, number>()
  return names.map((name) => {
    const times = (before.get(name) ?? 0) + 1
    before.set(name, times)
    return times === 1 ? name : `${name} (${times})`
  })
}

/** Groups in the order of their first runs. */
export function groupRuns(runs: readonly RunRecord[]): RunGroup[] {
  const groups = [...group(runs, (run) => armKey(run)).values()]
  const names = unique(groups.map(([first]) => armName(first.name) || first.config.name))
  return groups.map((own, i) => ({ name: names[i], config: own[0].config, runs: own }))
}

/** A run of each seed, the first finished one or else the first: a repeated run is no further seed. */
export const oneOfEachSeed = (runs: readonly RunRecord[]): RunRecord[] =>
  [...group(runs, ({ config }) => config.seed).values()].map(
    (own) => own.find(({ state }) => state === 'finished') ?? own[0],
  )

export interface Difference {
  /** Dotted configuration key, or `data`, the images' fingerprint. */
  readonly key: string
  /** In the order of the runs. */
  readonly values: readonly unknown[]
}

/** Every key in which the runs' configurations differ, the name aside. */
export function configDifferences(runs: readonly RunRecord[]): Difference[] {
  const rows = fieldEntries
    .filter(({ key }) => key !== 'name')
    .map(({ key }) => ({ key, values: runs.map(({ config }) => getField(config, key)) }))
  const all = [...rows, { key: 'data', values: runs.map(({ fingerprint }) => fingerprint) }]
  return all.filter(({ values }) => new Set(values.map((value) => JSON.stringify(value))).size > 1)
}
