import { expect, test } from 'vitest'
import { parseEpochs } from './requests.ts'

test.each([
  ['', [], null],
  ['2, 4,4', [2, 4], null],
  ['1', [], /Epoch 1 has passed/],
  ['3', [], /No checkpoint at epoch 3\. Epochs with a checkpoint: 0 … 5/],
  ['2,', [], /No checkpoint at epoch \(empty\)/],
  ['two', [], /No checkpoint at epoch two/],
])('epochs typed as %j', (text, epochs, error) => {
  const parsed = parseEpochs(text, [0, 1, 2, 4, 5], 1)
  expect(parsed.epochs).toEqual(epochs)
  if (error) expect(parsed.error).toMatch(error)
  else expect(parsed.error).toBeNull()
})
