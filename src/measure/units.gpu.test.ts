import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sitesOf } from '../model/resnet.ts'
import { stream } from '../random.ts'
import { inBatches, type MeasuredNetwork, trainedNetwork } from '../testing/network.ts'
import { floats, oracleCase } from '../testing/oracle.ts'
import { activations, probe } from './evaluate.ts'
import { measureIndices } from './measure-indices.ts'
import { shuffledLabels } from './selectivity.ts'
import { measureUnits } from './units.ts'

const oracle = oracleCase('regularized-mean')
let measured: MeasuredNetwork

beforeAll(async () => {
  measured = await trainedNetwork(oracle)
})
afterAll(() => measured.dispose())

describe('all units of a network', () => {
  it('have PyTorch’s selectivity, and their most activating images', async () => {
    const { network, images } = measured
    const sites = sitesOf(network.net)
    const units = await measureUnits(network, sites, inBatches(images, 7), { top: 3 })
    const { pooled } = await activations(network, images)
    for (const { name, units: count } of sites) {
      const expected = floats(oracle.tensors, `eval.selectivity/${name}`)
      const values = pooled.get(name) as Float32Array
      for (const [u, value] of units.selectivity.get(name)?.entries() ?? []) {
        expect(Math.abs(value - expected[u]), `${name}:${u}`).toBeLessThan(1e-4)
        const own = values.filter((_, i) => i % count === u)
        const { top, mean } = units.profile(name, u)
        const largest = [...own]
          .filter((value) => value > 0)
          .sort((a, b) => b - a)
          .slice(0, 3)
        expect(top.map(({ activation }) => activation)).toEqual(largest.map((value) => expect.closeTo(value, 4)))
        expect(mean).toBeCloseTo(own.reduce((a, b) => a + b) / own.length, 4)
      }
    }
  })

  it('have the probe’s selectivity as an index, and its floor under shuffled labels', async () => {
    const { network, images } = measured
    const shuffled = shuffledLabels(images.labels, (i) => stream(1, i), 2)
    const names = ['selectivity', 'ccmas', 'dprime', 'precision'] as const
    const done: number[] = []
    const onProgress = (count: number) => done.push(count)
    const found = await measureIndices(network, inBatches(images, 8), names, { shuffled, onProgress })
    expect(done.at(-1)).toBe(images.labels.length)
    const { sites } = await probe(network, inBatches(images, 8), shuffled)
    for (const [i, { indices, floor }] of found.entries()) {
      const near = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 6))
      expect([...(indices.selectivity ?? [])]).toEqual(near(sites[i].selectivity))
      expect([...(floor.selectivity ?? [])]).toEqual(near(sites[i].floor))
    }
    const [labels] = shuffled
    const blind = await measureIndices(network, inBatches({ ...images, labels }, 8), names, { shuffled: [labels] })
    for (const { indices, floor } of blind) expect(indices).toEqual(floor)
  })

  it('are measured until the signal is aborted', async () => {
    const { network, images } = measured
    const signal = AbortSignal.abort()
    await expect(measureUnits(network, sitesOf(network.net), inBatches(images), { signal })).rejects.toThrow(/aborted/)
    await expect(measureIndices(network, inBatches(images), ['ccmas'], { shuffled: [], signal })).rejects.toThrow(
      /aborted/,
    )
  })
})
