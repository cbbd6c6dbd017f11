import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { prepareImages } from '../data/feed/prepare.ts'
import type { ImageSet } from '../data/source.ts'
import { indexNames } from '../measure/indices.ts'
import { stream } from '../random.ts'
import { writeLayouts } from '../testing/layouts.ts'
import { sourceReader } from '../testing/sources.ts'
import { syntheticSet } from '../testing/synthetic.ts'
import { openToyRun, toyCheckpoints } from '../testing/toy-run.ts'
import { measure, type TableMeasurement } from './measure.ts'
import { profileUnits } from './profile.ts'
import type { MeasuredRow } from './rows.ts'

const checkpoints = toyCheckpoints.slice(0, 1)
const zero = { checkpoints, mode: 'zero', known: {} } as const

const requests: readonly TableMeasurement[] = [
  { ...zero, kind: 'curves', mode: 'mean', modules: ['layer4'], orders: ['selective', 'random'], draws: 1, points: 3 },
  { ...zero, kind: 'effects', units: { modules: ['layer4'], sample: 12 } },
  { kind: 'linearity', checkpoints },
  { kind: 'indices', checkpoints, indices: indexNames },
]

/** A row without the fingerprint of the dataset, which depends on the paths of its files. */
const withoutFingerprint = ({ cells: { fingerprint: _, ...cells }, ...row }: MeasuredRow) => ({ ...row, cells })

/** All measurements on a dataset, without the positions and the fingerprint of its images. */
async function measured(set: ImageSet, batchSize: number) {
  await using run = await openToyRun(set, { batchSize })
  const rows: ReturnType<typeof withoutFingerprint>[] = []
  for (const request of requests) for await (const row of measure(run, request)) rows.push(withoutFingerprint(row))
  const { units } = await profileUnits(run, checkpoints[0], 5)
  const profiles = Array.from({ length: 32 }, (_, unit) => units.profile('layer1.0', unit))
  return { rows, profiles }
}

/** The dataset with its validation images in another order, as files with content hashes. */
function reordered(set: ImageSet, order: readonly number[]): ImageSet {
  const { labels, read } = set.validation
  const file = (i: number) => ({
    path: `${i}.png`,
    hash: String((order[i] * 7919) % 1009).padStart(4, '0'),
    size: null,
    check: () => Promise.reject(new Error('the images are prepared')),
  })
  const validation = { labels: Int32Array.from(order, (i) => labels[i]), read: (i: number) => read(order[i]), file }
  return { ...set, validation }
}

/** Columns with counts, sorted values or copies. The others come from sums of activations. */
const exact = [
  'module',
  'site',
  'unit',
  'n',
  'share',
  'order',
  'draw',
  'top1',
  'top5',
  'preferredClass',
  'preferredTop1',
]

describe('every measurement', () => {
  const set = syntheticSet({ classes: 3, train: 2, validation: 7, size: 16 })
  const original = reordered(set, [...set.validation.labels.keys()])

  it('gives the same numbers, bit for bit, whatever the order of the files', async () => {
    const expected = await measured(original, 6)
    expect(expected.rows.length).toBeGreaterThan(100)
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const order = stream(seed).shuffle([...set.validation.labels.keys()])
        expect(await measured(reordered(set, order), 6)).toEqual(expected)
      }),
      { numRuns: 3, seed: 11 },
    )
  })

  it('gives the same numbers whatever the batch size: counts exactly, sums of activations to 1e-4', async () => {
    // Another batch size may run another kernel, which rounds sums differently.
    const [expected, other] = [await measured(original, 6), await measured(original, 5)]
    expect(other.rows).toHaveLength(expected.rows.length)
    for (const [i, { table, cells }] of expected.rows.entries()) {
      const found = other.rows[i]
      expect(found.table).toBe(table)
      for (const [column, value] of Object.entries(cells)) {
        const name = `${JSON.stringify(cells)}: ${column}`
        if (typeof value === 'string' || Number.isNaN(value) || exact.includes(column))
          expect(found.cells[column], name).toEqual(value)
        else
          expect(Math.abs(Number(found.cells[column]) - value), name).toBeLessThan(1e-4 * Math.max(1, Math.abs(value)))
      }
    }
    const images = ({ profiles }: typeof expected) => profiles.map(({ top }) => top.map(({ image }) => image))
    expect(images(other)).toEqual(images(expected))
  })
})

describe('the same images in two layouts', () => {
  const home = mkdtempSync(join(tmpdir(), 'lab-order-'))
  afterAll(() => rmSync(home, { recursive: true }))
  const read = sourceReader()

  it('give the same numbers, bit for bit, from class folders and from a flat archive with a list of labels', async () => {
    const { signal } = new AbortController()
    const of = async (source: string) => {
      const opened = await read(source, { validationFraction: 0.2, seed: 3 }, signal)
      const preparing = { side: 16, folders: null, onProgress: () => {}, signal, heldOutOnly: true }
      await using prepared = await prepareImages(opened, preparing)
      const { set } = prepared
      return { labels: [...set.validation.labels], found: await measured(set, 6) }
    }
    const [folders, archives] = await writeLayouts(home, { train: 2, validation: 5, size: 16 })
    const [a, b] = [await of(folders), await of(archives)]
    expect(b.labels).not.toEqual(a.labels)
    expect(b.found).toEqual(a.found)
  })
})
