import { expect, test } from 'vitest'
import { presets } from '../../config/presets.ts'
import { report } from '../../testing/events.ts'
import { expectedSeconds, imagesOf, roughly, speedOfRun, statedSpeed } from './preset-time.ts'

const preset = (id: string) => {
  const found = presets.find((one) => one.id === id)
  if (!found) throw new Error(`no preset ${id}`)
  return found
}

const seconds = (id: string, software: boolean) => {
  const images = imagesOf(preset(id), undefined)
  return images ? expectedSeconds(preset(id), images, statedSpeed({ software })) : Number.NaN
}

test('a stated speed gives times of the right size', () => {
  expect(seconds('rise-and-recede-cifar10', false)).toBeGreaterThan(15)
  expect(seconds('rise-and-recede-cifar10', false)).toBeLessThan(60)
  expect(seconds('rise-and-recede-100', true) / 60).toBeCloseTo(37, -1)
  expect(seconds('small', true)).toBeLessThan(60)
  expect(seconds('paper', false)).toBeNaN()
})

test('a run that trained here gives its own time back', () => {
  const own = preset('rise-and-recede-100')
  const images = { classes: 100, train: 20_000, validation: 0 }
  expect(expectedSeconds(own, images, speedOfRun(own.config, 100, 1000))).toBeCloseTo((15 * 20_000) / 1000, 6)
})

test('the images are those of the dataset, as far as the preset takes them', () => {
  const classes = Array.from({ length: 120 }, (_, i) => ({ id: `c${i}`, name: '', train: 300, validation: 20 }))
  const read = { ...report, classes }
  expect(imagesOf(preset('rise-and-recede-100'), read)).toEqual({ classes: 100, train: 20_000, validation: 2000 })
  expect(imagesOf(preset('paper'), read)).toEqual({ classes: 120, train: 36_000, validation: 2400 })
})

test.each([
  [3.2, '3 s'],
  [33, '35 s'],
  [150, '3 min'],
  [2400, '40 min'],
  [7200, '2 h'],
  [400_000, '5 days'],
])('%d s is roughly %s', (given, text) => expect(roughly(given)).toBe(text))
