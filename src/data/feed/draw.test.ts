import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { picture } from '../../testing/archives.ts'
import { cacheWhileReading } from '../cache/while-reading.ts'
import { nodeCaches } from '../node/cache-folders.ts'
import { fileChecks } from '../node/check-store.ts'
import { decode } from '../node/decode.ts'
import { folderListing } from '../node/folder.ts'
import { openInput } from '../open/open-input.ts'
import type { OpenOptions } from '../set/open-options.ts'
import { openSet } from '../set/read-set.ts'
import { asRecorded } from '../set/recorded.ts'
import { selectImages } from '../set/select.ts'
import { type Decode, type ImageSet, reasonOf, type Split } from '../source.ts'
import { prepareImages } from './prepare.ts'

const home = mkdtempSync(join(tmpdir(), 'lab-draw-'))
afterAll(() => rmSync(home, { recursive: true }))
const { signal } = new AbortController()
const seed = 7

const paths: string[] = []
let pictures = 0

async function write(path: string, isBroken = false) {
  mkdirSync(dirname(join(home, path)), { recursive: true })
  writeFileSync(join(home, path), isBroken ? 'no picture' : await picture(pictures++ % 200, 'png', 16))
  paths.push(path)
}

/** Twenty images of each class, every third of which is broken in class b; class d cannot be read. */
beforeAll(async () => {
  for (const name of ['a', 'b', 'c', 'd'])
    for (let i = 0; i < 20; i++) {
      const isBroken = name === 'd' || (name === 'b' && i % 3 === 0)
      await write(`whole/${name}/${i}.png`, isBroken)
      await write(`split/train/${name}/${i}.png`, isBroken)
      if (i < 5) await write(`split/val/${name}/${i}.png`, isBroken && name === 'b')
      if (name !== 'd') await write(`sound/${name}/${i}.png`)
    }
})

let visits = 0
const fresh = (name: string) => join(home, 'stored', `${name} ${visits++}`)

interface Opening {
  readonly check?: OpenOptions['check']
  readonly decode?: Decode
  readonly checks?: OpenOptions['checks']
  readonly cache?: OpenOptions['cache']
}

const settings = { readNames: async () => '', validationFraction: 0.3, seed }

async function openFolder(name: string, options: Opening = {}): Promise<ImageSet> {
  const { entries } = await folderListing(join(home, name), signal)
  return openSet(entries, { name, decode, ...settings, ...options }, () => {}, signal)
}

/** The same files as the page opens them. */
function openInPage(name: string, options: Opening = {}): Promise<ImageSet> {
  const own = paths.filter((path) => path.startsWith(`${name}/`))
  const files = own.map((path) => ({
    path: path.slice(name.length + 1),
    file: new File([readFileSync(join(home, path))], path),
  }))
  const fetchBytes = () => Promise.reject(new Error('not needed'))
  return openInput({ kind: 'files', name, files }, { fetchBytes, decode, ...settings, ...options }, () => {}, signal)
}

const chosen: Parameters<typeof selectImages>[1] = { classes: null, imagesPerClass: 6, validationImagesPerClass: 3 }

const imagesOf = ({ labels, file }: Split) => [...labels].map((label, i) => [label, file?.(i).path, file?.(i).hash])

/** What a run uses, and what its record says of it. */
async function usedBy(set: ImageSet, limits = chosen, folders: Parameters<typeof prepareImages>[1]['folders'] = null) {
  const options = { side: 16, folders, onProgress: () => {}, signal }
  using prepared = await prepareImages(selectImages(set, limits, seed), options)
  const { classes, train, validation, used } = prepared.set
  return {
    images: { train: imagesOf(train), validation: imagesOf(validation) },
    classes: classes.map(({ id }) => id),
    record: { used, fingerprint: set.report.fingerprint, listed: set.report.listed },
    // Presets choose their classes among these.
    choice: set.report.listedClasses,
    warnings: prepared.warnings,
  }
}

describe.each(['whole', 'split'])('the images of a run on a set with broken files (%s)', (name) => {
  it('are the same at once, after the audit, from stored checks, cached, and in page and command line', async () => {
    const first = await usedBy(await openFolder(name, { check: 'none' }))
    const { warnings: firstWarnings, ...sameFirst } = first
    expect(first.classes).toEqual(['a', 'b', 'c'])
    expect(first.images.train).toHaveLength(18)
    expect(first.images.validation).toHaveLength(9)
    expect(new Set([...first.images.train, ...first.images.validation].map(([, path]) => path)).size).toBe(27)
    expect(first.warnings.join()).toMatch(/Left out, because they cannot be read: .* take their places/)
    expect(first.warnings.join()).toMatch(/Class d is left out, because it has no readable training image/)
    const [folders, checks] = [nodeCaches(fresh('caches')), fileChecks(fresh('checks'))]
    const reading = cacheWhileReading(folders, 16)
    const audited = await openFolder(name, { checks, cache: reading.open })
    await reading.end()
    const later = await openFolder(name, { check: 'none' })
    const half = await usedBy(later)
    const all = await later.audit?.({ onProgress: () => {}, signal })
    const others = {
      audited: await usedBy(audited),
      known: await usedBy(await openFolder(name, { check: 'known', checks })),
      cached: await usedBy(audited, chosen, folders),
      decoded: await usedBy(await openFolder(name, { check: 'none' }), chosen, nodeCaches(fresh('caches'))),
      half,
      completed: await usedBy(all ?? later),
      page: await usedBy(await openInPage(name, { check: 'none' })),
      pageAudited: await usedBy(await openInPage(name)),
    }
    for (const [how, used] of Object.entries(others)) {
      const { warnings, ...same } = used
      expect(same, how).toEqual(sameFirst)
      expect(warnings, how).toEqual(firstWarnings)
    }
  })

  it('read no more files than each class needs', async () => {
    let decoded = 0
    const counting: Decode = (bytes, side) => {
      decoded++
      return decode(bytes, side)
    }
    const { images } = await usedBy(await openFolder(name, { check: 'none', decode: counting }))
    const all = paths.filter((path) => path.startsWith(`${name}/`)).length
    expect(decoded).toBeGreaterThanOrEqual(images.train.length + images.validation.length)
    expect(decoded).toBeLessThan(0.8 * all)
  })

  it('need a readable image of each class that was named', async () => {
    const named = { ...chosen, classes: ['a', 'd'] }
    for (const check of ['none', 'all'] as const)
      expect(await usedBy(await openFolder(name, { check }), named).catch(reasonOf)).toMatch(
        /^class d has no readable training image \(.*png: .*\); leave it out with data.classes/,
      )
  })
})

it('gives a class whose validation or training images cannot be read some of the others', async () => {
  const broken = { e: [0, 1, 2, 3], f: [], g: [0, 1] }
  for (const [name, bad] of Object.entries(broken))
    for (let i = 0; i < 5; i++)
      await write(
        `small/${name}/${i}.png`,
        bad.some((one) => one === i),
      )
  const all = { classes: null, imagesPerClass: null, validationImagesPerClass: null }
  for (const key of Array.from({ length: 12 }, (_, i) => i)) {
    const open = async (check: OpenOptions['check']) => {
      const { entries } = await folderListing(join(home, 'small'), signal)
      return openSet(entries, { name: 'small', decode, ...settings, seed: key, check }, () => {}, signal)
    }
    const [first, late] = [await usedBy(await open('none'), all), await usedBy(await open('all'), all)]
    expect({ ...first, warnings: [] }, `seed ${key}`).toEqual({ ...late, warnings: [] })
    expect(first.classes).toEqual(['e', 'f', 'g'])
    const pathsOf = (split: 'train' | 'validation', label: number) =>
      first.images[split].flatMap(([one, path]) => (one === label ? [path] : []))
    expect([pathsOf('train', 0), pathsOf('validation', 0)]).toEqual([['e/4.png'], ['e/4.png']])
    expect(new Set([...pathsOf('train', 2), ...pathsOf('validation', 2)]).size).toBe(3)
    expect(pathsOf('train', 1)).toHaveLength(3)
  }
})

const splitInHalf = async (name: string, check: OpenOptions['check']) => {
  const { entries } = await folderListing(join(home, name), signal)
  return openSet(entries, { name, decode, ...settings, validationFraction: 0.5, check }, () => {}, signal)
}

const everything = { classes: null, imagesPerClass: null, validationImagesPerClass: null }

/** Breaks the files of the first class in a split. */
async function breakFirstClass(name: string, { labels, file }: Split) {
  for (const [i, label] of labels.entries()) if (label === 0) await write(`${name}/${file?.(i).path}`, true)
}

it('evaluates a run on its validation images where no training image that the seed drew from a class can be read', async () => {
  for (const name of ['a', 'b']) for (let i = 0; i < 6; i++) await write(`lost/${name}/${i}.png`)
  await breakFirstClass('lost', (await splitInHalf('lost', 'none')).train)
  const heldOut = async (check: OpenOptions['check'], heldOutOnly: boolean) => {
    const set = selectImages(await splitInHalf('lost', check), everything, seed)
    using prepared = await prepareImages(set, { side: 16, folders: null, onProgress: () => {}, signal, heldOutOnly })
    return imagesOf(prepared.set.validation)
  }
  const ofRun = await heldOut('none', false)
  expect(ofRun.filter(([label]) => label === 0)).toHaveLength(2)
  expect(await heldOut('none', true)).toEqual(ofRun)
  expect(await heldOut('all', true)).toEqual(ofRun)
})

it('ends with the name of a file where the validation images of a class have changed since their check', async () => {
  for (const name of ['a', 'b']) for (let i = 0; i < 6; i++) await write(`changing/${name}/${i}.png`)
  const set = await splitInHalf('changing', 'all')
  await breakFirstClass('changing', set.validation)
  const folders = nodeCaches(fresh('caches'))
  const options = { side: 16, folders, onProgress: () => {}, signal: AbortSignal.timeout(5000) }
  expect(await prepareImages(selectImages(set, everything, seed), options).catch(reasonOf)).toMatch(
    /^class a has no readable validation image \(a.\d\.png: .*\); leave it out with data.classes/,
  )
})

it('draws what earlier versions drew where all files can be read', async () => {
  const set = await openFolder('sound', { check: 'none' })
  const now = await usedBy(set)
  const audited = (await set.audit?.({ onProgress: () => {}, signal })) ?? set
  for (const contents of ['all were read', null]) {
    const before = await asRecorded(audited, { source: '', fingerprint: '', contents, classes: [] })
    const then = await usedBy(before)
    expect([then.images, then.classes]).toEqual([now.images, now.classes])
    expect(then.record.used).toBeUndefined()
  }
})

it('draws the images of earlier runs among those that could be read, or without others in their places', async () => {
  const audited = await openFolder('whole')
  const earlier = { source: '', fingerprint: '', classes: [] }
  const limits = { ...chosen, classes: ['a', 'b', 'c'] }
  const readable = await usedBy(await asRecorded(audited, { ...earlier, contents: 'all were read' }), limits)
  expect(readable.images.train).toHaveLength(18)
  const listed = await usedBy(await asRecorded(audited, { ...earlier, contents: null }), limits)
  expect(listed.images.train.length).toBeLessThan(18)
  expect(listed.warnings.join()).toMatch(/^Left out, because they cannot be read: .*\.$/)
})

it('warns of files of other classes beside the images of a run once all are read, and names each pair once', async () => {
  for (const name of ['a', 'b']) for (let i = 0; i < 4; i++) await write(`beside/train/${name}/${i}.png`)
  for (const name of ['a', 'b']) await write(`beside/val/${name}/0.png`)
  const limits = { ...chosen, imagesPerClass: 1 }
  const first = await usedBy(await openFolder('beside', { check: 'none' }), limits)
  const [[, used]] = first.images.train
  const unused = ['0', '1']
    .map((i) => `train/b/${i}.png`)
    .find((path) => first.images.train.every(([, p]) => p !== path))
  writeFileSync(join(home, `beside/${unused}`), readFileSync(join(home, `beside/${used}`)))
  const early = await usedBy(await openFolder('beside', { check: 'none' }), limits)
  const late = await usedBy(await openFolder('beside'), limits)
  expect(early.warnings).toEqual([])
  expect(late.warnings).toEqual([
    `An image of this run has the same bytes as files of another class that the run does not use, for example ${used} and ${unused}.`,
  ])
  expect(late.images).toEqual(early.images)
})

it('warns of images that are in both splits, and of identical files in two classes', async () => {
  const same = readFileSync(join(home, 'sound/a/0.png'))
  for (const path of ['train/a/1', 'train/b/1', 'val/a/1', 'val/b/2']) await write(`doubtful/${path}.png`)
  for (const path of ['train/a/1', 'train/b/1', 'val/a/1']) writeFileSync(join(home, `doubtful/${path}.png`), same)
  const all = { classes: null, imagesPerClass: null, validationImagesPerClass: null }
  const { warnings } = await usedBy(await openFolder('doubtful', { check: 'none' }), all)
  expect(warnings).toEqual([
    'One validation image is also among the training images, for example train/a/1.png and val/a/1.png: validation results are too good.',
    'Identical files of this run have different classes, for example train/a/1.png (a) and train/b/1.png (b).',
  ])
  const { report } = await openFolder('doubtful')
  expect(report.conflicts).toEqual([['train/a/1.png', 'train/b/1.png', 'val/a/1.png']])
  expect(report.notes).toContain('Identical files have different classes, for example train/a/1.png and train/b/1.png.')
})
