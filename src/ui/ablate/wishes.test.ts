import { expect, test } from 'vitest'
import { parseEpochs } from './wishes.ts'

test.each([
  ['', [], null],
  ['2, 4,4', [2, 4], null],
  ['1', [], /Epoch 1 is past/],
  ['3', [], /3 is no epoch with a checkpoint; there are 0 … 5/],
  ['2,', [], /Nothing is no epoch/],
  ['two', [], /two is no epoch/],
])('epochs typed as %j', (text, epochs, error) => {
  const parsed = parseEpochs(text, [0, 1, 2, 4, 5], 1)
  expect(parsed.epochs).toEqual(epochs)
  if (error) expect(parsed.error).toMatch(error)
  else expect(parsed.error).toBeNull()
})
