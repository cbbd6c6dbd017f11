/** Groups runs by arm: an arm has the runs whose configurations differ only in the seed. */
import { group } from 'd3-array'
import { fieldEntries, getField, type RunConfig } from '../config/config.ts'
import type { RunRecord } from './record.ts'

export interface RunGroup {
  /** The name of the arm when the runs have one, else the name of the first run. Unique among the groups. */
  readonly name: string
  readonly config: RunConfig
  readonly runs: readonly RunRecord[]
}

/** Keys that do not distinguish arms: no number depends on them, or they are compared in another way. A known fingerprint identifies the data instead of their path. */
const apart = ['name', 'seed', 'data.source', 'train.memoryBudget', 'train.recompute']

/** A key that is equal for runs of the same arm. `besides`: further keys, and prefixes of keys, to ignore. */
export function armKey({ config, fingerprint }: RunRecord, besides: readonly string[] = []): string {
  const left = (key: string) => !apart.includes(key) && !besides.some((one) => key === one || key.startsWith(`${one}.`))
  const values = fieldEntries.filter(({ key }) => left(key)).map(({ key }) => getField(config, key))
  return JSON.stringify([fingerprint || config.data.source, ...values])
}

/** The arm in a run's name: `none` in `plan/none/seed-1`; '' in other names. */
const armName = (run: string): string => /([^/]+)\/seed-\d+$/.exec(run)?.[1] ?? ''

function unique(names: readonly string[]): string[] {
  const before = new Map<string, number>()
  return names.map((name) => {
    const times = (before.get(name) ?? 0) + 1
    before.set(name, times)
    return times === 1 ? name : `${name} (${times})`
  })
}

/** Groups runs by arm, in the order of the first run of each arm. */
export function groupRuns(runs: readonly RunRecord[]): RunGroup[] {
  const groups = [...group(runs, (run) => armKey(run)).values()]
  const names = unique(groups.map(([first]) => armName(first.name) || first.config.name))
  return groups.map((own, i) => ({ name: names[i], config: own[0].config, runs: own }))
}

/** One run for each seed: the first finished one, else the first. A repeated run does not count as another seed. */
export const oneOfEachSeed = (runs: readonly RunRecord[]): RunRecord[] =>
  [...group(runs, ({ config }) => config.seed).values()].map(
    (own) => own.find(({ state }) => state === 'finished') ?? own[0],
  )

export interface Difference {
  /** Dotted configuration key; `data`, the images' fingerprint; or `data changes`, sentences about other images. */
  readonly key: string
  /** One value for each run. */
  readonly values: readonly unknown[]
}

/** Every configuration key in which the runs differ, except the name. */
export function configDifferences(runs: readonly RunRecord[]): Difference[] {
  const rows = fieldEntries
    .filter(({ key }) => key !== 'name')
    .map(({ key }) => ({ key, values: runs.map(({ config }) => getField(config, key)) }))
  const all = [
    ...rows,
    { key: 'data', values: runs.map(({ fingerprint }) => fingerprint) },
    { key: 'data changes', values: runs.map(({ changes }) => changes.join(' ') || null) },
  ]
  return all.filter(({ values }) => new Set(values.map((value) => JSON.stringify(value))).size > 1)
}

/** The settings that say which images of a dataset a run uses. */
function selectionOf({ fingerprint, config: { seed, data } }: RunRecord): string {
  const { classes, imagesPerClass, validationImagesPerClass, validationFraction, layout, maxMegapixels } = data
  const selected = [classes, imagesPerClass, validationImagesPerClass, validationFraction, layout, maxMegapixels]
  return JSON.stringify([fingerprint, seed, selected])
}

/** A sentence for the runs whose images should be the same, but have other contents than those of the first one. */
function differing(runs: readonly RunRecord[], hashOf: (run: RunRecord) => string | null | undefined): string[] {
  const [first] = runs
  const others = runs.filter((run) => hashOf(run) !== hashOf(first)).map(({ name }) => name)
  return others.length === 0
    ? []
    : [`The images of ${first.name} and of ${others.join(', ')} have the same names and sizes, but other contents.`]
}

/** A sentence for each list of images that runs share although the images' contents differ. */
export function contentsNotes(runs: readonly RunRecord[]): string[] {
  const listed = runs.filter(({ fingerprint }) => fingerprint !== '')
  const [own, whole] = [
    listed.filter(({ used }) => used !== undefined),
    listed.filter(({ used, contents }) => used === undefined && contents !== null),
  ]
  return [
    ...[...group(whole, ({ fingerprint }) => fingerprint).values()].flatMap((same) =>
      differing(same, ({ contents }) => contents),
    ),
    ...[...group(own, selectionOf).values()].flatMap((same) => differing(same, ({ used }) => used)),
  ]
}
