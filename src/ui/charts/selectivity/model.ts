/** Numbers of the selectivity chart. */
import { group } from 'd3-array'
import type { LoggedProbe } from '../../../protocol/run-events.ts'
import type { Run } from '../../../runs/reduce.ts'
import type { ChartTable } from '../../figure/figure.ts'
import { decimal } from '../../format.ts'

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

const digits = (value: number) => decimal(value, 2)

interface Course {
  readonly peak: Point
  readonly now: Point
}

type Point = LoggedProbe['modules'][number] & { readonly epoch: number }

/** The peak and the newest value of each module, in the order of the modules. */
function coursesOf(run: Run): Course[] {
  const points = run.probes.flatMap((probe) => probe.modules.map((m): Point => ({ ...m, epoch: probe.epoch })))
  const byModule = [...group(points, ({ module }) => module).values()]
  return byModule.map((own) => ({
    peak: own.reduce((a, b) => (b.selectivity > a.selectivity ? b : a)),
    now: own[own.length - 1],
  }))
}

const fallOf = ({ peak, now }: Course) => peak.selectivity - now.selectivity

/**
 * The peak and the newest value of the module that has fallen most since its peak, or of the highest one if none has fallen:
 * "layer2 peaks at epoch 1.30 with SI 0.41 (floor 0.12) and …".
 */
export function selectivityCaption(run: Run): string {
  const courses = coursesOf(run)
  if (courses.length === 0) return ''
  const highest = courses.reduce((a, b) => (b.peak.selectivity > a.peak.selectivity ? b : a))
  const { peak, now } = courses.reduce((a, b) => (fallOf(b) > fallOf(a) ? b : a), highest)
  const peaks = `${peak.module} peaks at epoch ${digits(peak.epoch)} with SI ${digits(peak.selectivity)} (floor ${digits(peak.floor)})`
  const bands = 'Bands are the quartiles over units.'
  if (now.epoch === peak.epoch) return `${peaks}. ${bands}`
  if (!Number.isFinite(now.selectivity)) return `${peaks} and has no finite SI at epoch ${digits(now.epoch)}. ${bands}`
  return `${peaks} and stands at ${digits(now.selectivity)} (floor ${digits(now.floor)}) at epoch ${digits(now.epoch)}. ${bands}`
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
