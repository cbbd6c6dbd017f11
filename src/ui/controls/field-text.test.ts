import { expect, test } from 'vitest'
import { ConfigError, defaultConfig, fieldEntries, fieldOf, setFieldText } from '../../config/config.ts'
import { errorBeside, placeholderOf, valueText, windowRows, windowsText, withNewWindow } from './field-text.ts'

test('the text of every typed default parses to the default', () => {
  const typed = fieldEntries.filter(({ field }) => !['windows', 'choices', 'boolean'].includes(field.kind))
  for (const { key, field } of typed) expect([key, field.parse(valueText(field.default))]).toEqual([key, field.default])
})

test('lists have commas, and null is an empty text', () => {
  expect(valueText([3, 4, 6, 3])).toBe('3, 4, 6, 3')
  expect(valueText(null)).toBe('')
})

test('rows of the schedule are equal after writing and parsing, including empty cells', () => {
  const rows = [{ fromEpoch: 0, toEpoch: null, alpha: -20 }]
  expect(windowRows(windowsText(rows), [])).toEqual(rows)
  expect(windowRows(undefined, defaultConfig().regularizer.schedule)).toEqual([])
  expect(windowRows('{"no":"rows"}', [{ fromEpoch: 1, toEpoch: 2, alpha: 3 }])).toEqual([
    { fromEpoch: 1, toEpoch: 2, alpha: 3 },
  ])
})

test('a new window follows the last one and is valid', () => {
  const rows = withNewWindow(withNewWindow([]))
  expect(rows.map(({ fromEpoch, toEpoch }) => [fromEpoch, toEpoch])).toEqual([
    [0, 5],
    [5, 10],
  ])
  const field = fieldOf('regularizer.schedule')
  expect(field.accept(field.parse(windowsText(rows)))).toEqual(rows)
})

test('an empty input says whether the lab takes all or derives the value', () => {
  const placeholders = ['data.imagesPerClass', 'data.classes', 'data.keptSide', 'data.balancedClasses', 'seed'].map(
    (key) => placeholderOf(fieldOf(key)),
  )
  expect(placeholders).toEqual(['all', 'all', 'auto', 'auto', undefined])
})

test('beside its field, an error only says what the value must be', () => {
  const refused = (text: string): string | undefined => {
    try {
      setFieldText(defaultConfig(), 'train.epochs', text)
    } catch (error) {
      return error instanceof ConfigError ? errorBeside(error.message) : 'another error'
    }
  }
  expect(refused('; it must be')).toBe('It must be a whole number from 1 to 10000')
  expect(errorBeside('the set has no images')).toBe('the set has no images')
  expect(errorBeside(undefined)).toBe(undefined)
})
