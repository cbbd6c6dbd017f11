/** Numbers of the selectivity chart. */
import type { LoggedProbe } from '../../../protocol/run-events.ts'
import type { Run } from '../../../runs/reduce.ts'
import type { ChartTable } from '../../figure/figure.ts'

export interface SelectivityRow {
  readonly x: number
  /** `layer1`, `layer1.band`, `floor`, `floor.band` */
  readonly [key: string]: number | readonly [number, number]
}

const floorOf = ({ modules: all }: LoggedProbe) => {
  const mean = (of: (m: LoggedProbe['modules'][number]) => number) =>
    all.reduce((sum, m) => sum + of(m), 0) / all.length
  return { mean: mean((m) => m.floor), lower: mean((m) => m.floorLower), upper: mean((m) => m.floorUpper) }
}

/** A row for each probe. With `difference`, SI − floor of each module instead of SI, and no bands. */
export function selectivityRows(run: Run, at: (step: number) => number, difference: boolean): SelectivityRow[] {
  return run.probes.map((probe) => {
    const floor = floorOf(probe)
    const own = probe.modules.flatMap(({ module, selectivity, floor: chance, lower, upper }) =>
      difference
        ? [[module, selectivity - chance] as const]
        : [[module, selectivity] as const, [`${module}.band`, [lower, upper] as const] as const],
    )
    const chance = difference
      ? []
      : [['floor', floor.mean] as const, ['floor.band', [floor.lower, floor.upper] as const] as const]
    return { x: at(probe.step), ...Object.fromEntries([...own, ...chance]) }
  })
}

/** The exact numbers of the events. */
export const selectivityTable = (run: Run): ChartTable => ({
  columns: [
    'step',
    'epoch',
    'module',
    'selectivity',
    'floor',
    'lower',
    'upper',
    'floorLower',
    'floorUpper',
    'dead',
    'units',
  ],
  rows: () =>
    run.probes.flatMap(({ step, epoch, modules: all }) =>
      all.map((m) => [
        step,
        epoch,
        m.module,
        m.selectivity,
        m.floor,
        m.lower,
        m.upper,
        m.floorLower,
        m.floorUpper,
        m.dead,
        m.units,
      ]),
    ),
})

const digits = (value: number) => value.toFixed(2)

/** The highest peak of a module and its newest value: "layer2 peaks at epoch 1.30 with SI 0.41 (floor 0.12) and …". */
export function selectivityCaption(run: Run): string {
  const points = run.probes.flatMap((probe) => probe.modules.map((m) => ({ ...m, epoch: probe.epoch })))
  if (points.length === 0) return ''
  const peak = points.reduce((a, b) => (b.selectivity > a.selectivity ? b : a))
  const now = points.filter(({ module }) => module === peak.module).at(-1)
  const peaks = `${peak.module} peaks at epoch ${digits(peak.epoch)} with SI ${digits(peak.selectivity)} (floor ${digits(peak.floor)})`
  if (!now || now.epoch === peak.epoch) return `${peaks}. Bands are the quartiles over units.`
  return `${peaks} and stands at ${digits(now.selectivity)} (floor ${digits(now.floor)}) at epoch ${digits(now.epoch)}. Bands are the quartiles over units.`
}

/** The largest SI − floor of a module and its newest value: "layer2 is farthest above its floor at epoch 1.30, by …". */
export function differenceCaption(run: Run): string {
  const points = run.probes.flatMap(({ epoch, modules: all }) =>
    all.map(({ module, selectivity, floor }) => ({ module, epoch, selectivity, excess: selectivity - floor })),
  )
  if (points.length === 0) return ''
  const peak = points.reduce((a, b) => (b.excess > a.excess ? b : a))
  const now = points.findLast(({ module }) => module === peak.module) ?? peak
  const most = `${peak.module} is farthest above its floor at epoch ${digits(peak.epoch)}, by ${digits(peak.excess)} (SI ${digits(peak.selectivity)})`
  return now.epoch === peak.epoch ? `${most}.` : `${most}, and by ${digits(now.excess)} at epoch ${digits(now.epoch)}.`
}
