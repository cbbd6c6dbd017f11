import { expect, test } from 'vitest'
import { chosenClasses, classesText, type Search, searched, someOf } from './class-selection.ts'

const all = [
  { id: 'n01', name: 'tench' },
  { id: 'n02', name: 'goldfish' },
  { id: 'n03', name: 'great white shark' },
]

const ids = ({ found }: Search<{ readonly id: string }>) => found.map(({ id }) => id)

test('null selects all classes, and selecting all classes gives null', () => {
  expect(chosenClasses(undefined, null, all)).toEqual(['n01', 'n02', 'n03'])
  expect(classesText(new Set(['n03', 'n01', 'n02']), all)).toBe('null')
})

test('a refused selection stays in the draft', () => {
  expect(chosenClasses('["n02"]', null, all)).toEqual(['n02'])
  expect(classesText(new Set(['n03', 'n01']), all)).toBe('["n01","n03"]')
})

test('a search matches names and ids', () => {
  expect(ids(searched(all, ' FISH'))).toEqual(['n02'])
  expect(ids(searched(all, 'n03'))).toEqual(['n03'])
})

test('a search between slashes is a regular expression, and an invalid one has an error', () => {
  expect(ids(searched(all, '/^t|shark$/'))).toEqual(['n01', 'n03'])
  expect(ids(searched(all, '/N0[12]/'))).toEqual(['n01', 'n02'])
  expect(searched(all, '/(/')).toMatchObject({ found: [], error: expect.stringMatching(/regular expression/i) })
})

test('the first classes or random ones can be selected; a seed gives the same random ones', () => {
  expect(someOf(all, 2, null)).toEqual(['n01', 'n02'])
  expect(someOf(all, 9, null)).toHaveLength(3)
  const draws = Array.from({ length: 20 }, (_, seed) => someOf(all, 1, seed))
  expect(someOf(all, 1, 7)).toEqual(draws[7])
  expect(new Set(draws.flat()).size).toBe(3)
})
