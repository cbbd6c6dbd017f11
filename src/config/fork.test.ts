import { describe, expect, it } from 'vitest'
import { parseConfig } from './config.ts'
import { changedKeys, forkFields, requireForkable } from './fork.ts'

const parent = parseConfig({ train: { epochs: 4 } })

describe('a fork', () => {
  it('may change α, the optimizer, the number of epochs and the place of the images', () => {
    const schedule = [{ fromEpoch: 2, toEpoch: 4, alpha: -1 }]
    const fork = parseConfig({
      name: 'fork',
      data: { source: 'images' },
      optimizer: { learningRate: 0.01 },
      regularizer: { schedule },
      train: { epochs: 6 },
    })
    expect(() => requireForkable(parent, fork, 3.5)).not.toThrow()
    const keys = ['name', 'data.source', 'optimizer.learningRate', 'train.epochs', 'regularizer.schedule']
    expect(changedKeys(parent, fork)).toEqual(keys)
    expect(forkFields).toEqual(expect.arrayContaining(keys))
  })

  it.each([
    [{ seed: 2 }, 'a fork keeps seed of its run (1)'],
    [{ data: { shuffle: false } }, 'a fork keeps data.shuffle of its run (true)'],
    [{ model: { width: 8 } }, 'a fork keeps model.width'],
    [{ train: { epochs: 4, batchSize: 512 } }, 'a fork keeps train.batchSize'],
    [{ train: { epochs: 3 } }, 'invalid train.epochs: 3; the fork begins at epoch 3.5'],
  ])('keeps the network, the images and their order (%j)', (change, message) => {
    expect(() => requireForkable(parent, parseConfig({ train: { epochs: 4 }, ...change }), 3.5)).toThrow(message)
  })
})
