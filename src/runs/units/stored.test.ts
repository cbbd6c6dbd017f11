/** The units of a stored run: parts of a damaged record are refused like the whole record. */
import { expect, it } from 'vitest'
import type { LoggedProbe } from '../../protocol/run-events.ts'
import { memoryFiles } from '../../testing/memory-files.ts'
import { madeProbe, resnet50Sites, toySites } from '../../testing/probes.ts'
import { loggedProbe } from '../format/log.ts'
import { checksumOf, packUnits, type UnitsLayout } from '../format/units.ts'
import { createUnitHistory } from './history.ts'
import { UnitsError } from './source.ts'
import { createStoredUnits } from './stored.ts'

/** Two probes and their records. */
function stored(layout: UnitsLayout, damage: (units: Uint8Array<ArrayBuffer>) => void = () => {}) {
  const made = [0, 3].map((step) => madeProbe(layout, step, step))
  const records = made.map(({ sites }) => packUnits(layout, sites) ?? new Uint8Array())
  const probes: LoggedProbe[] = made.map((probe, index) =>
    loggedProbe(probe, { kind: 'record', index, crc32: checksumOf(records[index]) }),
  )
  const units = new Uint8Array(records.flatMap((record) => [...record]))
  damage(units)
  const files = memoryFiles(new Map([['units.bin', units]]))
  return { made, probes, files, source: createStoredUnits(files) }
}

it('gives the values of single sites and units', async () => {
  const { made, probes, source } = stored(toySites)
  const [, second] = made
  expect(await source.site(probes[1], 1)).toEqual(second.sites[1])
  expect(await source.unit(probes[1], 1, 1)).toMatchObject({
    selectivity: second.sites[1].selectivity[1],
    preferredClass: second.sites[1].preferredClass[1],
  })
})

it('refuses a site and a unit of a damaged record, wherever the damage is, and gives those of the others', async () => {
  const bytes = 19 * 5
  for (let at = bytes; at < 2 * bytes; at++) {
    const { made, probes, source } = stored(toySites, (units) => {
      units[at] ^= 4
    })
    for (const read of [source.site(probes[1], 1), source.unit(probes[1], 0, 2)]) {
      await expect(read).rejects.toThrow(UnitsError)
      await expect(read).rejects.toThrow(/^The units at step 3 cannot be read: .* damaged in units\.bin/)
    }
    expect(await source.site(probes[0], 1)).toEqual(made[0].sites[1])
    const history = createUnitHistory(source).read(probes, { site: 'layer2.0', unit: 1 })
    await expect(history).rejects.toThrow(UnitsError)
  }
})

it('reads a record once for its checksum, and then only parts of it', async () => {
  const { probes, files, made } = stored(resnet50Sites)
  let bytes = 0
  class Counted extends Blob {
    override slice(from = 0, to = this.size) {
      bytes += to - from
      return super.slice(from, to)
    }
  }
  const counting = { ...files, read: async () => new Counted([files.contents.get('units.bin') ?? '']) }
  const source = createStoredUnits(counting)
  for (const unit of [0, 100, 255])
    expect((await source.unit(probes[0], 0, unit))?.floor).toBe(made[0].sites[0].floor[unit])
  expect(bytes).toBe(19 * 15_104 + 3 * 19)
})
