import { describe, expect, it } from 'vitest'
import type { ImageSet } from '../data/source.ts'
import type { DataReport } from '../protocol/data-report.ts'
import type { MeasuredRun } from '../protocol/measurement.ts'
import { measuredRunOf } from '../store/measurement-request.ts'
import { measuredRun } from '../testing/measured-run.ts'
import { syntheticSet } from '../testing/synthetic.ts'
import { imagesOf } from './open-run.ts'

const asIs = async (one: ImageSet) => one

const set = syntheticSet({ classes: 3, train: 4, validation: 3, size: 16 })
const { report } = set
const base = measuredRunOf(measuredRun()) as MeasuredRun
const run: MeasuredRun = {
  ...base,
  classes: set.classes.map(({ id }) => id),
  fingerprint: report.fingerprint,
  contents: report.contents,
  images: report.images,
}

const loaded = (changes: Partial<DataReport> = {}, set_: ImageSet = set) => ({
  set: { ...set_, report: { ...report, ...changes } },
  seed: run.config.seed,
  validationFraction: run.config.data.validationFraction,
  maxMegapixels: run.config.data.maxMegapixels,
})

describe('the images that a run of the page is measured on', () => {
  it('are those that it was started with, or the same read again', async () => {
    expect(await imagesOf(run, { id: run.id, set }, null, asIs)).toBe(set)
    expect((await imagesOf(run, null, loaded(), asIs)).classes).toEqual(set.classes)
    expect((await imagesOf(run, { id: 'another', set }, loaded(), asIs)).classes).toEqual(set.classes)
  })

  it.each<[string, Partial<DataReport>]>([
    ['with other contents', { contents: 'other' }],
    ['with other contents under other names', { contents: 'other', fingerprint: 'other' }],
    ['with more training images', { images: { ...report.images, train: 13 } }],
    ['unread, with other names', { contents: null, fingerprint: 'other' }],
    ['without a class', { classes: report.classes.slice(1) }],
  ])('are never another dataset (%s)', async (_, changes) => {
    await expect(imagesOf(run, null, loaded(changes), asIs)).rejects.toThrow(
      /are no longer loaded: read them again in Data/,
    )
  })

  it('are never the same files split otherwise', async () => {
    const other = { ...loaded({ splitBySeed: true }), seed: run.config.seed + 1 }
    await expect(imagesOf(run, null, other, asIs)).rejects.toThrow(/no longer loaded/)
    await expect(imagesOf(run, null, null, asIs)).rejects.toThrow(/no longer loaded/)
  })
})
