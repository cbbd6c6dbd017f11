/** Numbers of the linearity chart: for each checkpoint the affine deviation, and gate constancy and read-out of each site. */
import { group, mean } from 'd3-array'
import { type LinearityRow, linearityRows } from '../../../runs/measured.ts'
import type { Run } from '../../../runs/reduce.ts'
import type { ChartTable } from '../../figure/figure.ts'
import type { ModuleRow } from '../../plot/module-lines.tsx'

/** Measures with one number for the network or one for each site. */
const lineMeasures = ['affineDeviation', 'gateConstancy', 'readOut'] as const
export type LineMeasure = (typeof lineMeasures)[number]

const moduleOf = (site: string) => site.slice(0, site.indexOf('.'))

interface Measured {
  readonly step: number
  readonly epoch: number
  readonly rows: readonly LinearityRow[]
}

/** The measured checkpoints in order, with their rows. */
function checkpoints(run: Run): Measured[] {
  const byFile = group(linearityRows(run.measured), ({ checkpoint }) => checkpoint)
  return run.checkpoints.flatMap(({ file, step, epoch }) => {
    const rows = byFile.get(file)
    return rows ? [{ step, epoch, rows }] : []
  })
}

/** A row for each measured checkpoint. `affineDeviation` has its own key. Other measures have the mean over a module's sites as
 * `layer1` and the value of a site as `layer1.0 site`. */
export function linearityLines(run: Run, measure: LineMeasure, at: (step: number) => number): ModuleRow[] {
  return checkpoints(run).map(({ step, rows }) => {
    const own = rows.filter((row) => row.measure === measure && Number.isFinite(row.value))
    if (measure === 'affineDeviation') return { x: at(step), step, ...(own[0] ? { [measure]: own[0].value } : {}) }
    const modules = [...group(own, ({ site }) => moduleOf(site))].map(([module, sites]) => [
      module,
      mean(sites, ({ value }) => value),
    ])
    const sites = own.map(({ site, value }) => [`${site} site`, value])
    return { x: at(step), step, ...Object.fromEntries([...modules, ...sites]) }
  })
}

export const linearityTable = (run: Run): ChartTable => ({
  columns: ['step', 'epoch', 'measure', 'site', 'value'],
  rows: () =>
    checkpoints(run).flatMap(({ step, epoch, rows }) =>
      rows
        .filter(({ measure }) => lineMeasures.some((name) => name === measure))
        .map(({ measure, site, value }) => [step, epoch, measure, site, value]),
    ),
})

/** The first, last and lowest affine deviation: "The affine deviation is 0.21 at epoch 0.00 and 0.63 at epoch 20.00; …". */
export function linearityCaption(run: Run): string {
  const affine = checkpoints(run).flatMap(({ epoch, rows }) => {
    const found = rows.find(({ measure }) => measure === 'affineDeviation')
    return found && Number.isFinite(found.value) ? [{ epoch, value: found.value }] : []
  })
  if (affine.length === 0) return 'The affine deviation is undefined for these images.'
  const say = ({ epoch, value }: (typeof affine)[number]) =>
    `${Number(value.toPrecision(2))} at epoch ${epoch.toFixed(2)}`
  const [first] = affine
  const last = affine[affine.length - 1]
  const least = affine.reduce((a, b) => (b.value < a.value ? b : a))
  const end = last === first ? '' : ` and ${say(last)}`
  const lowest = least === first || least === last ? '' : `, lowest ${say(least)}`
  return `The affine deviation is ${say(first)}${end}${lowest}; an affine network has 0. Gate constancy and read-out are means over a module's sites.`
}
