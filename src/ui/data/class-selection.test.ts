import { expect, test } from 'vitest'
import { chosenClasses, classesText, searched } from './class-selection.ts'

const all = [
  { id: 'n01', name: 'tench' },
  { id: 'n02', name: 'goldfish' },
  { id: 'n03', name: 'great white shark' },
]

test('null is all classes, and all classes are null', () => {
  expect(chosenClasses(undefined, null, all)).toEqual(['n01', 'n02', 'n03'])
  expect(classesText(new Set(['n03', 'n01', 'n02']), all)).toBe('null')
})

test('a refused choice stays in the draft', () => {
  expect(chosenClasses('["n02"]', null, all)).toEqual(['n02'])
  expect(classesText(new Set(['n03', 'n01']), all)).toBe('["n01","n03"]')
})

test('a search looks at names and ids', () => {
  expect(searched(all, ' FISH').map(({ id }) => id)).toEqual(['n02'])
  expect(searched(all, 'n03').map(({ id }) => id)).toEqual(['n03'])
})
