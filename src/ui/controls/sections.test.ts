import { expect, test } from 'vitest'
import { defaultConfig, fieldEntries, parseConfig, type RunConfig } from '../../config/config.ts'
import { groupsOf, isOffered, type Section } from './sections.ts'

test('every field is in exactly one section', () => {
  const sections: Section[] = ['data', 'model', 'train']
  const placed = sections
    .flatMap((section) => [...groupsOf(section, 'basic'), ...groupsOf(section, 'more')])
    .flatMap(({ fields }) => fields.map(({ key }) => key))
  const expected = fieldEntries.map(({ key }) => key).filter((key) => !['data.source', 'data.classes'].includes(key))
  expect(placed.toSorted()).toEqual(expected.toSorted())
})

test('storage in f16 is offered where the GPU has it, or where it is set', () => {
  const offered = (config: RunConfig, features: string[]) =>
    fieldEntries.filter((entry) => isOffered(entry, config, features)).map(({ key }) => key)
  const all = fieldEntries.map(({ key }) => key)
  expect(offered(defaultConfig(), ['shader-f16'])).toEqual(all)
  expect(offered(defaultConfig(), [])).toEqual(all.filter((key) => key !== 'train.activations'))
  expect(offered(parseConfig({ train: { activations: 'f16' } }), [])).toEqual(all)
})
