import { expect, test } from 'vitest'
import { layoutOptions } from './layout-text.ts'

test('the options are auto, the chosen layout, and those with other classes', () => {
  const layout = {
    chosen: 'groups/classes',
    found: 'groups/classes',
    text: 'the folders below each group are classes',
    alternatives: [
      { layout: 'classes', classes: 2, examples: ['a', 'b'] },
      { layout: 'paths', classes: 1200, examples: ['a/abbey', 'a/alley', 'b/barn'] },
    ],
    ambiguous: false,
  } as const
  expect(layoutOptions(layout)).toEqual({
    auto: 'automatic: as names and places tell',
    classes: 'classes: 2 classes (a, b)',
    'groups/classes': 'groups/classes: the first folder is no class',
    paths: 'paths: 1,200 classes (a/abbey, a/alley, b/barn, …)',
  })
  expect(Object.keys(layoutOptions({ ...layout, chosen: 'auto' }))).toEqual(['auto', 'classes', 'paths'])
})
