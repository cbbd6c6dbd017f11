/** Numbers of the class tuning chart: a unit's mean activation for each class, the highest first. */
import type { UnitProfile } from '../../../protocol/measurement.ts'
import type { Run } from '../../../runs/reduce.ts'
import type { ChartTable } from '../../figure/figure.ts'
import { className } from '../unit-history/model.ts'

export interface TunedClass {
  readonly index: number
  readonly name: string
  readonly mean: number
}

/** The classes with images, by descending mean activation. */
export const tunedClasses = (run: Run, { tuning }: Pick<UnitProfile, 'tuning'>): TunedClass[] =>
  tuning
    .map((mean, index) => ({ index, name: className(run, index), mean }))
    .filter(({ mean }) => Number.isFinite(mean))
    .sort((a, b) => b.mean - a.mean || a.index - b.index)

export const tuningTable = (run: Run, classes: readonly TunedClass[]): ChartTable => ({
  columns: ['class', 'id', 'mean'],
  rows: () => classes.map(({ index, name, mean }) => [name, run.start?.classes[index]?.id ?? '', mean]),
})

/** The class that activates the unit most, compared with the mean of the others. */
export function tuningCaption(classes: readonly TunedClass[], epoch: number): string {
  const [first, ...others] = classes
  if (!first || first.mean === 0) return `It is zero for all classes at epoch ${epoch.toFixed(2)}.`
  const rest = others.reduce((sum, { mean }) => sum + mean, 0) / others.length
  const times = rest > 0 ? `${(first.mean / rest).toFixed(1)} times as much as` : 'and none of'
  return `At epoch ${epoch.toFixed(2)} ${first.name} activates it most, ${times} the other classes${rest > 0 ? ' do on average' : ''}.`
}
