import { expect, test } from 'vitest'
import { fieldEntries } from '../../config/config.ts'
import { groupsOf, type Section } from './sections.ts'

test('every field is in exactly one section', () => {
  const sections: Section[] = ['data', 'model', 'train']
  const placed = sections
    .flatMap((section) => [...groupsOf(section, 'basic'), ...groupsOf(section, 'more')])
    .flatMap(({ fields }) => fields.map(({ key }) => key))
  const expected = fieldEntries.map(({ key }) => key).filter((key) => !['data.source', 'data.classes'].includes(key))
  expect(placed.toSorted()).toEqual(expected.toSorted())
})
