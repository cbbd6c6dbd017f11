import { mkdirSync, mkdtempSync, openAsBlob, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { BlobWriter, TextReader, Uint8ArrayReader, ZipWriter } from '@zip.js/zip.js'
import sharp from 'sharp'
import { afterAll, describe, expect, it } from 'vitest'
import { picture, tarOf } from '../../testing/archives.ts'
import { sourceReader } from '../../testing/sources.ts'
import { archiveListing } from '../archives/archive.ts'
import { blobHost } from '../archives/host.ts'
import { decode } from '../node/decode.ts'
import { samplesOf } from '../set/samples.ts'
import { selectImages } from '../set/select.ts'
import type { ImageSet, Pixels } from '../source.ts'

const home = mkdtempSync(join(tmpdir(), 'lab-data-'))
afterAll(() => rmSync(home, { recursive: true }))

const split = { validationFraction: 0.25, seed: 1 }
const { signal } = new AbortController()
const read = sourceReader()
const open = (path: string, options = split) => read(join(home, path), options, signal)

function write(path: string, bytes: Uint8Array | string) {
  mkdirSync(dirname(join(home, path)), { recursive: true })
  writeFileSync(join(home, path), bytes)
}

/** Writes `perClass` different pictures to each class folder below `root`. */
async function classFolders(root: string, classes: string[], perClass: number) {
  for (const [c, name] of classes.entries())
    for (let i = 0; i < perClass; i++) write(`${root}/${name}/${i}.png`, await picture(c * 50 + i))
}

const pixels = async (bytes: Uint8Array) => (await decode(bytes, Number.POSITIVE_INFINITY)).image as Pixels

const counts = ({ report }: ImageSet) => Object.fromEntries(report.classes.map((c) => [c.id, [c.train, c.validation]]))

describe('a folder of class folders', () => {
  it('is split by class and seed, with no image in both splits', async () => {
    await classFolders('plain', ['dog', 'cat'], 8)
    const set = await open('plain')
    expect(set.classes).toEqual([
      { id: 'cat', name: 'cat' },
      { id: 'dog', name: 'dog' },
    ])
    expect(counts(set)).toEqual({ cat: [6, 2], dog: [6, 2] })
    expect(set.report.splitBySeed).toBe(true)
    const shade = async (s: ImageSet['train'], i: number) => (await s.read(i)).data[0]
    const again = await open('plain')
    expect(again.report).toEqual(set.report)
    const other = await open('plain', { ...split, seed: 2 })
    expect(other.report.fingerprint).toBe(set.report.fingerprint)
    const held2 = await Promise.all([...other.validation.labels.keys()].map((i) => shade(other.validation, i)))
    const train = await Promise.all([...set.train.labels.keys()].map((i) => shade(set.train, i)))
    const held = await Promise.all([...set.validation.labels.keys()].map((i) => shade(set.validation, i)))
    expect(new Set([...train, ...held]).size).toBe(16)
    expect(held2).not.toEqual(held)
  })

  it('reports unreadable files, duplicates, other files and imbalance, and reads the rest', async () => {
    await classFolders('messy', ['a', 'b'], 4)
    const png = await picture(99)
    write('messy/a/broken.png', png.subarray(0, 60))
    write('messy/a/text.jpg', 'no picture at all')
    write('messy/a/empty.png', '')
    const jpeg = await picture(3, 'jpeg', 64)
    write('messy/a/cut.jpeg', jpeg.subarray(0, jpeg.length - 20))
    write('messy/b/copy.png', await picture(50))
    for (let i = 0; i < 6; i++) write(`messy/b/more${i}.png`, await picture(100 + i))
    write('messy/.DS_Store', 'x')
    write('messy/a/notes.doc', 'x')
    const { report } = await open('messy')
    expect(report.unreadable).toEqual([
      { path: 'a/broken.png', reason: 'the PNG is truncated' },
      { path: 'a/cut.jpeg', reason: 'the JPEG is truncated' },
      { path: 'a/empty.png', reason: 'the file is empty' },
      { path: 'a/text.jpg', reason: 'not an image, or of an unknown format' },
    ])
    expect(report.duplicates).toEqual([['b/0.png', 'b/copy.png']])
    expect(report.notes.join(' ')).toMatch(/One file that is not an image.*a\/notes\.doc.*imbalanced: 3 to 8/)
    expect(report.images).toEqual({ train: 11, validation: 4 })
  })

  it('counts formats, and reports wrong extensions, leaked images and huge images', async () => {
    const base = sharp({ create: { width: 6, height: 5, channels: 3, background: { r: 10, g: 200, b: 30 } } })
    const files: Record<string, Buffer> = {
      'train/a/1.jpg': await base.clone().toColorspace('b-w').jpeg().toBuffer(),
      'train/a/2.jpg': await base.clone().toColorspace('cmyk').jpeg({ quality: 90 }).toBuffer(),
      'train/a/3.png': await base.clone().png({ palette: true }).toBuffer(),
      'train/a/4.png': await base.clone().jpeg({ quality: 50 }).toBuffer(),
      'train/b/1.png': await picture(1),
      'val/a/1.png': await picture(2),
      'val/b/1.png': await picture(1),
    }
    // A PNG whose header promises 20,000 × 9,000 pixels.
    const huge = Buffer.from(await picture(3))
    huge.writeUInt32BE(20000, 16)
    huge.writeUInt32BE(9000, 20)
    for (const [path, bytes] of Object.entries({ ...files, 'train/b/2.png': huge })) write(`kinds/${path}`, bytes)
    const { report } = await open('kinds')
    expect(report.colors).toEqual({ grey: 1, cmyk: 1, palette: 1 })
    expect(report.unreadable).toEqual([
      {
        path: 'train/b/2.png',
        reason: '20000 × 9000 pixels are more than 179 megapixels: raise data.maxMegapixels to read it',
      },
    ])
    expect(report.notes.join(' ')).toMatch(/One validation image is also a training image: val\/b\/1\.png/)
    expect(report.notes.join(' ')).toMatch(/One file has a wrong extension.*train\/a\/4\.png, a JPEG file/)
  })

  it('reads grey, CMYK and transparent images as RGB', async () => {
    const [red, key] = [
      { r: 255, g: 0, b: 0 },
      { r: 0, g: 0, b: 0 },
    ]
    const base = (background: { r: number; g: number; b: number; alpha?: number }, channels: 3 | 4 = 3) =>
      sharp({ create: { width: 4, height: 4, channels, background } })
    const grey = await pixels(await base({ r: 120, g: 120, b: 120 }).toColorspace('b-w').png().toBuffer())
    expect([...grey.data.subarray(0, 3)]).toEqual([120, 120, 120])
    const cmyk = await pixels(await base(red).toColorspace('cmyk').jpeg().toBuffer())
    expect(cmyk.data.length).toBe(48)
    expect(cmyk.data[0]).toBeGreaterThan(180)
    const clear = await pixels(
      await base({ ...key, r: 200, alpha: 0 }, 4)
        .png()
        .toBuffer(),
    )
    expect([...clear.data.subarray(0, 3)]).toEqual([200, 0, 0])
  })
})

describe('other layouts', () => {
  it('use train/ and val/ as the splits and report classes that only one of them has', async () => {
    await classFolders('sides/train', ['a', 'b', 'c'], 3)
    await classFolders('sides/val', ['a', 'b', 'd'], 2)
    const set = await open('sides')
    expect(counts(set)).toEqual({ a: [3, 2], b: [3, 2] })
    expect(set.report.splitBySeed).toBe(false)
    expect(set.report.notes).toEqual([
      'Classes without validation images are left out: c.',
      'Classes without training images are left out: d.',
      expect.stringMatching(/^4 validation images are also training images/),
    ])
  })

  it('put the only image of a class into both splits, with a note', async () => {
    for (const [i, path] of ['a/1.png', 'b/1.png', 'b/2.png'].entries()) write(`single/${path}`, await picture(i * 20))
    const set = await open('single')
    expect(counts(set)).toEqual({ a: [1, 1], b: [1, 1] })
    expect(set.report.notes.join(' ')).toMatch(/Class a has one image, which is in both splits/)
    const { leaked, duplicates, files, checked } = set.report
    expect([leaked, duplicates, files, checked]).toEqual([0, [], 3, 3])
  })

  it('read Tiny ImageNet in its published form', async () => {
    for (const [c, id] of ['n01', 'n02'].entries())
      for (let i = 0; i < 3; i++) {
        write(`tiny/train/${id}/images/${id}_${i}.JPEG`, await picture(c * 90 + i * 9, 'jpeg'))
        write(`tiny/val/images/val_${c}${i}.JPEG`, await picture(c * 90 + i * 9 + 4, 'jpeg'))
      }
    write(
      'tiny/val/val_annotations.txt',
      ['00', '01', '02', '10', '11', '12'].map((n) => `val_${n}.JPEG\tn0${Number(n[0]) + 1}\t0\t0\t9\t9`).join('\n'),
    )
    write('tiny/words.txt', 'n01\ttench, Tinca tinca\nn02\tgoldfish\nn03\tshark\n')
    write('tiny/wnids.txt', 'n01\nn02\n')
    write('tiny/test/images/test_0.JPEG', await picture(1, 'jpeg'))
    const set = await open('tiny')
    expect(set.classes).toEqual([
      { id: 'n01', name: 'tench' },
      { id: 'n02', name: 'goldfish' },
    ])
    expect(counts(set)).toEqual({ n01: [3, 3], n02: [3, 3] })
    expect(set.report.notes).toEqual(['1 images of the test folder are not used.'])
  })

  it.each([
    ['nothing', [], /no such folder or archive/],
    [
      'flat',
      ['1.png', '2.png'],
      /2 images in flat but no class folders \(for example 1\.png\)\. Expected one folder per class/,
    ],
    ['texts', ['a/x.txt', 'b/y.txt'], /no images in texts \(2 other files, for example [ab]\/[xy]\.txt\)/],
    [
      'lonely',
      ['set/only/1.png', 'set/only/2.png'],
      /one class \(only\); at least two are needed\. Expected one folder per class [^:]*$/,
    ],
  ])('refuse %s with what was found and what is expected', async (name, paths, message) => {
    for (const [i, path] of paths.entries())
      write(`${name}/${path}`, path.endsWith('png') ? await picture(i * 20) : 'text')
    await expect(open(name)).rejects.toThrow(message)
  })
})

describe('archives', () => {
  it('are read like the folder inside them', async () => {
    await classFolders('packed', ['a', 'b'], 4)
    const folder = await open('packed')
    const files = ['a', 'b'].flatMap((c) =>
      [0, 1, 2, 3].map((i) => ({ path: `packed/${c}/${i}.png`, shade: (c === 'a' ? 0 : 50) + i })),
    )
    const zip = new ZipWriter(new BlobWriter())
    await zip.add('__MACOSX/packed/a/._0.png', new TextReader('x'))
    for (const { path, shade } of files) await zip.add(path, new Uint8ArrayReader(await picture(shade)))
    write('set.zip', new Uint8Array(await (await zip.close()).arrayBuffer()))
    const long = `${'x'.repeat(60)}/${'y'.repeat(60)}`
    const entries = await Promise.all(files.map(async ({ path, shade }) => ({ path, bytes: await picture(shade) })))
    write('set.tar', tarOf([...entries, { path: `packed/${long}/readme.txt`, bytes: new Uint8Array(3) }]))
    const [fromZip, fromTar] = [await open('set.zip'), await open('set.tar')]
    expect(counts(fromZip)).toEqual(counts(folder))
    expect(fromZip.report.fingerprint).toBe(folder.report.fingerprint)
    expect(counts(fromTar)).toEqual(counts(folder))
    expect(fromTar.report.fingerprint).toBe(folder.report.fingerprint)
    const { entries: listed } = await archiveListing(
      await openAsBlob(join(home, 'set.tar')),
      'set.tar',
      blobHost,
      signal,
    )
    expect(listed.map(({ path }) => path)).toContain(`packed/${long}/readme.txt`)
  })

  it.each([
    ['empty.zip', () => new Uint8Array(0), /empty\.zip is empty/],
    ['cut.zip', () => Uint8Array.of(0x50, 0x4b, 3, 4, 0, 0, 0, 0), /cut\.zip cannot be read as a zip archive/],
    [
      'set.tar.gz',
      () => Uint8Array.of(0x1f, 0x8b, 8),
      /set\.tar\.gz cannot be unpacked \(.+\); download or pack it again/,
    ],
    [
      'other.rar',
      () => new TextEncoder().encode('Rar!'),
      /other\.rar is not a \.zip, \.tar, \.tar\.gz or \.parquet file/,
    ],
    ['cut.tar', () => tarOf([{ path: 'a/1.png', bytes: new Uint8Array(2000) }]).slice(0, 900), /cut\.tar is truncated/],
  ])('refuse %s with the cure', async (name, bytes, message) => {
    write(name, bytes())
    await expect(open(name)).rejects.toThrow(message)
  })
})

describe('reading', () => {
  it('reports progress and stops when it is canceled', async () => {
    await classFolders('long', ['a', 'b'], 20)
    const controller = new AbortController()
    const seen: number[] = []
    const reading = read(join(home, 'long'), split, controller.signal, (done) => {
      seen.push(done)
      if (done === 3) controller.abort()
    })
    await expect(reading).rejects.toMatchObject({ name: 'AbortError' })
    expect(seen.length).toBeLessThan(40)
  })

  it('can be limited to classes and seeded images', async () => {
    await classFolders('three', ['a', 'b', 'c'], 8)
    const set = await open('three')
    const limits = { classes: ['c', 'a'], imagesPerClass: 3, validationImagesPerClass: 1 }
    const chosen = selectImages(set, limits, 1)
    expect(chosen.classes.map(({ id }) => id)).toEqual(['c', 'a'])
    expect([...chosen.train.labels].sort()).toEqual([0, 0, 0, 1, 1, 1])
    expect(chosen.validation.labels.length).toBe(2)
    const label = chosen.train.labels[0]
    expect(Math.floor((await chosen.train.read(0)).data[0] / 50)).toBe(label === 0 ? 2 : 0)
    const shades = async (seed: number) => {
      const { train } = selectImages(set, limits, seed)
      return Promise.all([...train.labels.keys()].map(async (i) => (await train.read(i)).data[0]))
    }
    expect(await shades(1)).toEqual(await shades(1))
    expect(await shades(1)).not.toEqual(await shades(2))
    expect(() => selectImages(set, { ...limits, classes: ['a', 'zebra'] }, 1)).toThrow(
      'unknown class: zebra (three has a, b, c)',
    )
  })

  it('returns samples of all classes', async () => {
    const samples = await samplesOf(await open('three'), 1, signal)
    expect(new Set(samples.map(({ label }) => label)).size).toBe(3)
    expect(samples[0].rgba.length).toBe(8 * 8 * 4)
  })
})
