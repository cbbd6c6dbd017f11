/** The ways of reading classes and splits from folders. docs/datasets.md describes them. */

export const layouts = [
  'auto',
  'classes',
  'splits/classes',
  'classes/splits',
  'groups/classes',
  'deepest',
  'paths',
] as const

export type LayoutName = (typeof layouts)[number]
