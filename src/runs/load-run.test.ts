import { describe, expect, test } from 'vitest'
import type { SiteProbe } from '../protocol/run-events.ts'
import { madeSites, resnet50Sites, toySites } from '../testing/probes.ts'
import { countedFiles, probesOf, readerOf, storedRun, storedRunOfFormat1 } from '../testing/stored-run.ts'
import { csvPieces, loadRun } from './load-run.ts'
import { createUnitHistory } from './units/history.ts'

const toy = { layout: toySites, probes: 4 }

const load = async (files: ReturnType<typeof storedRun>) => (await loadRun(await readerOf(files), 'a')).run

/** NaN is a value as any other here. */
const momentsOf = (all: ReturnType<typeof probesOf>, site: number, unit: number) =>
  all.map(({ step, epoch, sites }) => {
    const { selectivity, floor, preferredClass, dead } = sites[site]
    return {
      step,
      epoch,
      selectivity: selectivity[unit],
      floor: floor[unit],
      preferredClass: preferredClass[unit],
      dead: dead[unit] === 1,
    }
  })

describe.each([
  ['this format', storedRun],
  ['format 1', storedRunOfFormat1],
])('a stored run of %s', (_, stored) => {
  test('has the units of each probe, site and unit', async () => {
    const run = await load(stored(toy))
    const expected = probesOf(toy)
    expect(await Promise.all(run.probes.map((probe) => run.units.read(probe)))).toEqual(
      expected.map(({ sites }) => sites),
    )
    expect(await run.units.site(run.probes[2], 1)).toEqual(expected[2].sites[1])
    const history = createUnitHistory(run.units)
    expect(await history.read(run.probes, { site: 'layer2.0', unit: 1 })).toEqual(momentsOf(expected, 1, 1))
    expect(await history.read(run.probes, { site: 'layer1.0', unit: 0 })).toEqual(momentsOf(expected, 0, 0))
    expect(await history.read(run.probes, { site: 'layer2.0', unit: 2 })).toEqual([])
    expect(run.probes[1].sites.map(({ site, units }) => [site, units])).toEqual([
      ['layer1.0', 3],
      ['layer2.0', 2],
    ])
  })
})

describe('a run of 200 probes and 15,104 units', () => {
  const sites: SiteProbe[] = madeSites(resnet50Sites, 1)
  const files = storedRun({ layout: resnet50Sites, probes: 200, sites })
  const total = 200 * 15_104 * 19
  const read = () => files.bytesRead('units.bin')

  test('opens without its units; views of a site or a unit read each record once for its checksum, and then their part', async () => {
    expect((await files.read('units.bin'))?.size).toBe(total)
    const run = await load(files)
    expect([run.probes.length, run.steps.length, read()]).toEqual([200, 2000, 0])
    // The distribution, and the table of the most selective units.
    const largest = resnet50Sites.length - 1
    expect(await run.units.site(run.probes[77], largest)).toEqual(sites[largest])
    const record = total / 200
    const site = record + 2048 * 19
    expect(read()).toBe(site)
    await run.units.site(run.probes[77], largest)
    expect(read()).toBe(site)
    // The chart over training.
    const history = createUnitHistory(run.units)
    const moments = await history.read(run.probes, { site: 'layer4.2', unit: 2047 })
    expect(moments.length).toBe(200)
    expect(moments[199].selectivity).toBe(sites[largest].selectivity[2047])
    const all = site + 199 * record + 200 * 19
    expect(read()).toBe(all)
    // Another probe of a run that trains: only that one is read.
    await history.read([...run.probes.slice(1), run.probes[0]], { site: 'layer4.2', unit: 2047 })
    expect(read()).toBe(all)
    // Another unit: the records are known to be whole.
    await createUnitHistory(run.units).read(run.probes, { site: 'layer4.2', unit: 7 })
    expect(read()).toBe(all + 200 * 19)
  })
})

describe('damage', () => {
  test('of a record is found when a whole probe is read; a missing end names the step and the file', async () => {
    const files = storedRun(toy)
    const bytes = new Uint8Array((await (await files.read('units.bin'))?.arrayBuffer()) ?? new ArrayBuffer())
    bytes[2]++
    const log = await (await files.read('events.jsonl'))?.text()
    const damaged = await load(
      countedFiles(
        new Map<string, BlobPart>([
          ['events.jsonl', log ?? ''],
          ['units.bin', bytes.slice(0, 150)],
        ]),
      ),
    )
    await expect(damaged.units.read(damaged.probes[0])).rejects.toThrow(
      'The units at step 0 are damaged: their checksum is another.',
    )
    await expect(damaged.units.site(damaged.probes[3], 0)).rejects.toThrow(
      /^The units at step 30 cannot be read: units\.bin is too short: it has 150 bytes/,
    )
    const none = await load(countedFiles(new Map([['events.jsonl', log ?? '']])))
    await expect(none.units.site(none.probes[0], 0)).rejects.toThrow(/units\.bin is missing/)
  })

  test('of a line or a table is a problem, and the rest is there', async () => {
    const log = await (await storedRun(toy).read('events.jsonl'))?.text()
    const lines = (log ?? '').split('\n')
    lines[3] = '{"type":"step"'
    const files = countedFiles(
      new Map([
        ['events.jsonl', lines.join('\n')],
        ['linearity.csv', 'a,b\n1,2\n'],
      ]),
    )
    const { run, problems } = await loadRun(await readerOf(files), 'a')
    expect(run.steps.length).toBe(39)
    expect(problems).toEqual([
      'mine: line 4 of events.jsonl is not an event (it is not JSON) and was left out.',
      expect.stringMatching(/^mine: linearity\.csv has other columns than/),
    ])
  })
})

test('a table is read in pieces of whole rows', () => {
  const text = 'a,b\n1,"x\ny"\n2,z\n3,w'
  for (const length of [1, 5, 1000]) {
    const pieces = [...csvPieces(text, length)]
    expect(pieces.map((piece) => piece.replace('a,b\n', '')).join('')).toBe('1,"x\ny"\n2,z\n3,w')
    expect(pieces.every((piece) => piece.startsWith('a,b\n'))).toBe(true)
    expect(pieces.some((piece) => piece.endsWith('"x\n'))).toBe(false)
  }
  expect([...csvPieces('a,b\n')]).toEqual([])
})
