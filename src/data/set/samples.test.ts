import { expect, it } from 'vitest'
import { syntheticSet } from '../../testing/synthetic.ts'
import type { ImageSet } from '../source.ts'
import { samplesOf, samplesOfClass } from './samples.ts'

const { signal } = new AbortController()

/** A set of which some training images cannot be read. */
function withBroken(classes: number, isBroken: (index: number) => boolean): ImageSet {
  const set = syntheticSet({ classes, train: 12, validation: 2, size: 8 })
  const { read } = set.train
  return {
    ...set,
    train: {
      ...set.train,
      read: (i, ...rest) => (isBroken(i) ? Promise.reject(new Error('broken')) : read(i, ...rest)),
    },
  }
}

function countsOf(samples: readonly { label: number }[]): Record<number, number> {
  const counts: Record<number, number> = {}
  for (const { label } of samples) counts[label] = (counts[label] ?? 0) + 1
  return counts
}

it('other images take the place of samples that cannot be read', async () => {
  const set = withBroken(3, (index) => index % 9 === 0)
  expect(countsOf(await samplesOf(set, 1, signal))).toEqual({ 0: 8, 1: 8, 2: 8 })
  expect(await samplesOfClass(set, 0, 1, signal)).toHaveLength(8)
  expect(await samplesOf(set, 1, signal)).toEqual(await samplesOf(set, 1, signal))
})

it('few samples of many classes are of as many classes', async () => {
  expect(
    Object.values(
      countsOf(
        await samplesOf(
          withBroken(40, () => false),
          1,
          signal,
        ),
      ),
    ),
  ).toEqual(new Array(24).fill(1))
})
