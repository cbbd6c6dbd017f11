import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { stream } from '../../random.ts'
import { picture } from '../../testing/archives.ts'
import type { CacheFolders } from '../cache/files.ts'
import { listCaches } from '../cache/list.ts'
import { cacheWhileReading } from '../cache/while-reading.ts'
import { nodeCaches } from '../node/cache-folders.ts'
import { fileChecks } from '../node/check-store.ts'
import { decode } from '../node/decode.ts'
import { folderListing } from '../node/folder.ts'
import { openSet } from '../set/read-set.ts'
import { type Decode, type ImageSet, reasonOf } from '../source.ts'
import { trainTransform } from './augment.ts'
import { createReader } from './load.ts'
import { prepareImages } from './prepare.ts'

const home = mkdtempSync(join(tmpdir(), 'lab-prepare-'))
afterAll(() => rmSync(home, { recursive: true }))
const set = join(home, 'set')
const { signal } = new AbortController()

beforeAll(async () => {
  const write = (path: string, bytes: Uint8Array | string) => {
    mkdirSync(dirname(join(set, path)), { recursive: true })
    writeFileSync(join(set, path), bytes)
  }
  for (const [c, name] of ['a', 'b'].entries()) {
    for (let i = 0; i < 6; i++) write(`train/${name}/${i}.png`, await picture(40 * c + i, 'png', 20 + i))
    for (let i = 0; i < 2; i++) write(`val/${name}/${i}.png`, await picture(90 + 40 * c + i, 'png', 30))
  }
  write('train/b/broken.png', 'no picture')
})

let visits = 0
const ownCaches = () => nodeCaches(join(home, `caches ${visits++}`))

interface Opening {
  readonly folders?: CacheFolders
  readonly unchecked?: boolean
  readonly name?: string
}

/** Opens the set; `decoded` counts the images that were decoded since. */
async function open({ folders, unchecked = false, name = `checks ${visits++}` }: Opening = {}) {
  const counts = { decoded: 0 }
  const counting: Decode = (bytes, side) => {
    counts.decoded++
    return decode(bytes, side)
  }
  const cache = folders && cacheWhileReading(folders, 16)
  const options = { name: 'set', decode: counting, readNames: async () => '', validationFraction: 0.3, seed: 1 }
  const opened = await openSet(
    (await folderListing(set, signal)).entries,
    {
      ...options,
      checks: fileChecks(join(home, name)),
      cache: cache?.open,
      check: unchecked ? 'known' : 'all',
    },
    () => {},
    signal,
  )
  await cache?.end()
  return { set: opened, counts }
}

const prepare = (images: ImageSet, folders: CacheFolders | null, more = {}) =>
  prepareImages(images, { side: 16, folders, onProgress: () => {}, signal, ...more })

/** All training images as batches, byte by byte. */
async function batchOf({ train }: ImageSet) {
  const indices = Int32Array.from(train.labels.keys())
  return createReader(0)(train, indices, trainTransform('crop-flip', 16), (i) => stream(1, i), signal)
}

it('caches images while a dataset is first read, so that a run decodes none and reads the same pixels', async () => {
  const folders = ownCaches()
  const { set: images, counts } = await open({ folders })
  expect(counts.decoded).toBe(17)
  const prepared = await prepare(images, folders)
  expect(prepared.warnings).toEqual([])
  const batch = await batchOf(prepared.set)
  expect(counts.decoded).toBe(17)
  prepared.close()
  const uncached = await prepare(images, null)
  expect(await batchOf(uncached.set)).toEqual(batch)
  expect(counts.decoded).toBe(17 + 12)
  expect(await listCaches(folders)).toMatchObject([{ source: 'set', side: 16, images: 16 }])
})

it('decodes images that are cached at one size once for another', async () => {
  const folders = ownCaches()
  const { set: images, counts } = await open({ folders })
  for (const decoded of [16, 0]) {
    const before = counts.decoded
    const prepared = await prepare(images, folders, { side: 8 })
    expect(counts.decoded - before).toBe(decoded)
    expect(prepared.set.train.stored?.(0)).toMatchObject({ width: 8, height: 8 })
    prepared.close()
  }
  expect((await listCaches(folders)).map(({ side }) => side)).toEqual([16, 8])
})

it('leaves out unreadable images of an unchecked dataset, and remembers them at the next visit', async () => {
  const folders = ownCaches()
  const { set: images, counts } = await open({ unchecked: true, name: 'unchecked' })
  expect(counts.decoded).toBe(0)
  expect(images.report).toMatchObject({ checked: 0, contents: null, images: { train: 13, validation: 4 } })
  const prepared = await prepare(images, folders)
  prepared.close()
  const decoded = counts.decoded
  const second = await prepare(images, folders)
  second.close()
  expect(second.set.train.labels.length).toBe(12)
  expect(counts.decoded - decoded).toBe(0)
  expect(prepared.set.train.labels.length).toBe(12)
  expect(prepared.warnings).toEqual([
    expect.stringMatching(/^Left out, because they cannot be read: 1 image, train\/b\/broken\.png \(.*not an image/),
  ])
  const again = await open({ unchecked: true, name: 'unchecked' })
  expect(again.set.report).toMatchObject({ checked: 16, images: { train: 12, validation: 4 } })
  expect(again.set.report.fingerprint).toBe(images.report.fingerprint)
  const later = await prepare(again.set, folders)
  expect([again.counts.decoded, later.warnings]).toEqual([0, []])
  later.close()
})

it('warns if images cannot be cached, with the reason, and prepares the run', async () => {
  const { set: images } = await open()
  const full: CacheFolders = { ...ownCaches(), free: async () => 1000 }
  const prepared = await prepare(images, full)
  expect(prepared.warnings).toEqual([expect.stringMatching(/not cached \(0\.0 GB more do not fit on the disk/)])
  expect((await batchOf(prepared.set)).labels.length).toBe(12)
  const closed: CacheFolders = { ...ownCaches(), files: () => Promise.reject(new Error('denied')) }
  expect((await prepare(images, closed)).warnings).toEqual([expect.stringMatching(/storage is closed: denied/)])
})

it('caches the images that were decoded before it was canceled', async () => {
  const folders = ownCaches()
  const { set: images, counts } = await open()
  const controller = new AbortController()
  const onProgress = (done: number) => {
    if (done === 2) controller.abort()
  }
  await expect(prepare(images, folders, { onProgress, signal: controller.signal })).rejects.toMatchObject({
    name: 'AbortError',
  })
  const before = counts.decoded
  const prepared = await prepare(images, folders)
  expect(counts.decoded - before).toBeLessThan(16)
  prepared.close()
})

it('refuses a dataset in which a class has lost all its images', async () => {
  const { set: images } = await open({ unchecked: true })
  const { train } = images
  const lost = {
    ...images,
    train: {
      ...train,
      file: (i: number) => {
        const file = train.file?.(i)
        if (!file) throw new Error('files are expected')
        return train.labels[i] === 0 ? { ...file, check: async () => ({ reason: 'gone' }) } : file
      },
    },
  }
  expect(reasonOf(await prepare(lost, ownCaches()).catch((error) => error))).toMatch(
    /class a has no readable training image \(train.a.0\.png: gone\)/,
  )
})

it('skips the training images for an evaluation', async () => {
  const { set: images, counts } = await open({ unchecked: true })
  const prepared = await prepare(images, ownCaches(), { heldOutOnly: true })
  expect(counts.decoded).toBe(4)
  expect(prepared.set.validation.stored?.(0)).not.toBe(null)
  prepared.close()
})
