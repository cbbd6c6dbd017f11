import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Entry } from '../entry.ts'
import { openSet } from '../set/read-set.ts'
import { selectImages } from '../set/select.ts'
import { type Decode, reasonOf, type Split } from '../source.ts'
import { prepareImages } from './prepare.ts'

const { signal } = new AbortController()

const decode: Decode = async ([first]) => {
  if (first === 0) throw new Error('broken')
  return { width: 2, height: 2, image: { width: 2, height: 2, data: new Uint8Array(12) } }
}

/** Files of classes; an image is broken where its class has false. */
const entriesOf = (classes: readonly (readonly boolean[])[], hasSplits: boolean): Entry[] =>
  classes.flatMap((good, c) =>
    good.map((isGood, i) => {
      const split = hasSplits ? (i % 2 === 0 ? 'train/' : 'val/') : ''
      return { path: `${split}c${c}/${i}.png`, size: 3, read: async () => new Uint8Array([isGood ? 1 : 0, c, i]) }
    }),
  )

const imagesOf = ({ labels, file }: Split) => [...labels].map((label, i) => `${label} ${file?.(i).path}`)

interface Settings {
  readonly classes: readonly string[] | null
  readonly imagesPerClass: number | null
  readonly validationImagesPerClass: number | null
  readonly validationFraction: number
  readonly seed: number
}

/** What a run or an evaluation uses, or why there is none. */
async function usedBy(entries: readonly Entry[], settings: Settings, check: 'none' | 'all', heldOutOnly = false) {
  const { validationFraction, seed } = settings
  const reading = { name: 'set', decode, readNames: async () => '', validationFraction, seed, check }
  const options = { side: 2, folders: null, onProgress: () => {}, signal: AbortSignal.timeout(5000), heldOutOnly }
  try {
    const set = await openSet(entries, reading, () => {}, signal)
    const classes = settings.classes && [...settings.classes]
    using prepared = await prepareImages(selectImages(set, { ...settings, classes }, seed), options)
    const { train, validation, used } = prepared.set
    const ids = prepared.set.classes.map(({ id }) => id)
    return { ids, train: imagesOf(train), validation: imagesOf(validation), used, error: null }
  } catch (error) {
    return { error: reasonOf(error), ids: null, validation: null }
  }
}

it('whatever can be read, a run uses the same images before and after the check, named classes too, and its evaluation', async () => {
  const most = fc.option(fc.integer({ min: 1, max: 4 }))
  const settings = fc.record({
    classes: fc.constantFrom(null, ['c1', 'c0']),
    imagesPerClass: most,
    validationImagesPerClass: most,
    validationFraction: fc.double({ min: 0.01, max: 0.99, noNaN: true }),
    seed: fc.nat(1000),
  })
  const some = fc.array(fc.boolean(), { minLength: 1, maxLength: 7 })
  await fc.assert(
    fc.asyncProperty(
      fc.array(some, { minLength: 2, maxLength: 4 }),
      settings,
      fc.boolean(),
      async (all, limits, hasSplits) => {
        const entries = entriesOf(all, hasSplits)
        const [at, later] = [await usedBy(entries, limits, 'none'), await usedBy(entries, limits, 'all')]
        expect(at.error === null).toBe(later.error === null)
        if (at.error !== null) return
        expect(later).toEqual(at)
        const resumed = { ...limits, classes: at.ids }
        expect(await usedBy(entries, resumed, 'none')).toEqual(at)
        for (const check of ['none', 'all'] as const)
          expect((await usedBy(entries, resumed, check, true)).validation).toEqual(at.validation)
      },
    ),
    { numRuns: 150 },
  )
}, 60_000)
