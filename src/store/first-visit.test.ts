import { expect, test } from 'vitest'
import { memory } from '../testing/lab.ts'
import { isFirstVisit } from './first-visit.ts'
import { saveTourSeen } from './persist.ts'

const plain = { hash: '', search: '' }

test.each([
  ['an empty browser', {}, plain, true],
  ['an anchor of the page', {}, { hash: '#step-data', search: '?lang=en' }, true],
  ['a stored theme', { 'selectivity-lab.theme': 'dark' }, plain, true],
  ['a stored configuration', { 'selectivity-lab.config': '{}' }, plain, false],
  ['a link with a configuration', {}, { hash: '#config=%7B%7D', search: '' }, false],
  ['a link with a unit', {}, { hash: '#unit=layer1.0%3A3', search: '' }, false],
  ['a link with a run', {}, { hash: '', search: '?run=a.zip' }, false],
] as const)('%s', (_, stored, address, expected) => {
  expect(isFirstVisit(memory(new Map(Object.entries(stored))), address)).toBe(expected)
})

test('a visit after the tour is not the first, and a browser that refuses to store has only first visits', () => {
  const own = memory()
  saveTourSeen(own)
  expect(isFirstVisit(own, plain)).toBe(false)
  const refuse = () => {
    throw new Error('SecurityError')
  }
  const refusing = { getItem: refuse, setItem: refuse, removeItem: refuse }
  saveTourSeen(refusing)
  expect(isFirstVisit(refusing, plain)).toBe(true)
})
