/** Layouts as text. */
import { type LayoutName, layouts } from '../../config/layout.ts'
import type { LayoutReport } from '../../protocol/data-report.ts'
import { count } from '../format.ts'

export const layoutTexts: Readonly<Record<LayoutName, string>> = {
  auto: 'automatic: as names and places tell',
  classes: 'classes: each first folder, no splits',
  'splits/classes': 'splits/classes: as train/cat',
  'classes/splits': 'classes/splits: as cat/train',
  'groups/classes': 'groups/classes: the first folder is no class',
  deepest: 'deepest: the folder that holds the image',
  paths: 'paths: all folders together',
}

/** The chosen layout, `auto`, and the layouts that give other classes or splits, with their classes. */
export function layoutOptions({ chosen, alternatives }: LayoutReport): Readonly<Record<string, string>> {
  const others = new Map(alternatives.map(({ layout, classes, examples }) => [layout, { classes, examples }]))
  return Object.fromEntries(
    layouts.flatMap((name) => {
      const other = others.get(name)
      if (other) {
        const more = other.classes > other.examples.length ? ', …' : ''
        return [[name, `${name}: ${count(other.classes)} classes (${other.examples.join(', ')}${more})`]]
      }
      return name === 'auto' || name === chosen ? [[name, layoutTexts[name]]] : []
    }),
  )
}
