import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { type BadInput, goodFiles, type NamedBytes } from '../../testing/bad-input.ts'
import { badInputs, flipped } from '../../testing/corpus.ts'
import { linkedMembers } from '../../testing/corpus-gzip.ts'
import { goodTable } from '../../testing/corpus-nested.ts'
import { rawTar, rawZip } from '../../testing/raw-archives.ts'
import { sourceReader } from '../../testing/sources.ts'
import { decode } from '../node/decode.ts'
import { DataError, type ImageSet } from '../source.ts'
import { openInput } from './open-input.ts'

const home = mkdtempSync(join(tmpdir(), 'lab-hostile-'))
afterAll(() => rmSync(home, { recursive: true }))

const split = { validationFraction: 0.3, seed: 1 }
const { signal } = new AbortController()
const read = sourceReader()
let folders = 0

/** Opens the files like the command line: a single file, or a folder of several. */
function onDisk(files: readonly NamedBytes[]): Promise<ImageSet> {
  const root = join(home, String(folders++), 'set')
  for (const { path, bytes } of files) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), bytes)
  }
  return read(files.length === 1 ? join(root, files[0].path) : root, split, signal)
}

/** Opens the files like the page. */
const dropped = (files: readonly NamedBytes[]) =>
  droppedFiles(files.map(({ path, bytes }) => ({ path, file: new File([bytes as BlobPart], path) })))

function droppedFiles(items: { path: string; file: File }[]): Promise<ImageSet> {
  const options = { fetchBytes: async () => new Uint8Array(0), decode, readNames: async () => '', ...split }
  const input =
    items.length === 1
      ? ({ kind: 'archive', file: items[0].file } as const)
      : ({ kind: 'files', name: 'set', files: items } as const)
  return openInput(input, options, () => {}, signal)
}

/** The files that were left out, or the error message. */
async function outcome(opening: Promise<ImageSet>) {
  try {
    const { report } = await opening
    return { report }
  } catch (error) {
    expect(error).toBeInstanceOf(DataError)
    return { message: (error as Error).message }
  }
}

function expectOutcome(
  { error, refused = {}, notes = [], more = 0 }: BadInput,
  found: Awaited<ReturnType<typeof outcome>>,
) {
  if (error) return expect(found.message).toMatch(error)
  expect(found.message).toBeUndefined()
  const { images, unreadable } = found.report ?? { images: { train: 0, validation: 0 }, unreadable: [] }
  expect(unreadable.map(({ path }) => path).sort()).toEqual(Object.keys(refused).sort())
  for (const { path, reason } of unreadable) expect(reason).toMatch(refused[path])
  expect(images.train + images.validation).toBe(6 + more)
  for (const note of notes) expect(found.report?.notes.join('\n')).toMatch(note)
}

describe('bad input gives listed reasons or a clear error, and the rest is read', async () => {
  it.each(await badInputs())('$name', async (input) => {
    const line = await outcome(onDisk(input.files))
    expectOutcome(input, line)
    const page = await outcome(dropped(input.files))
    expectOutcome(input, page)
    expect(page.report).toEqual(line.report)
    expect(page.message).toBe(line.message)
  })
})

describe('files that change', () => {
  it('while they are read are reported, and the rest is read', async () => {
    const good = await goodFiles()
    const gone = new File(['x'], '9.png')
    gone.arrayBuffer = () => Promise.reject(new DOMException('x', 'NotReadableError'))
    const forbidden = new File(['x'], '8.png')
    forbidden.arrayBuffer = () => Promise.reject(new DOMException('x', 'NotAllowedError'))
    const files = good.map(({ path, bytes }) => ({ path, file: new File([bytes as BlobPart], path) }))
    const { report } = await droppedFiles([
      ...files,
      { path: 'a/9.png', file: gone },
      { path: 'a/8.png', file: forbidden },
    ])
    expect(report.unreadable).toEqual([
      { path: 'a/8.png', reason: 'permission to read the file was withdrawn' },
      { path: 'a/9.png', reason: 'the file has changed since it was listed, or is no longer readable' },
    ])
    expect(report.images.train + report.images.validation).toBe(6)
  })

  it('after the dataset was opened give errors with their names', async () => {
    const good = await goodFiles()
    const root = join(home, String(folders))
    const set = await onDisk([...good, { path: 'words.txt', bytes: new Uint8Array(1) }])
    for (const { path } of good.filter(({ path: name }) => name.startsWith('a/')))
      writeFileSync(join(root, 'set', path), 'new')
    for (const [i, label] of set.train.labels.entries()) {
      const reading = set.train.read(i)
      if (label === 1) expect((await reading).width).toBe(8)
      else await expect(reading).rejects.toThrow(/cannot read a\/\d\.\w+: the file has changed since it was listed/)
    }
  })

  it('inside an archive give errors too', async () => {
    const root = join(home, String(folders))
    const good = await goodFiles()
    const tar = good.map(({ path, bytes }) => ({ name: path, bytes }))
    const set = await onDisk([{ path: 'set.tar', bytes: rawTar(tar) }])
    writeFileSync(join(root, 'set', 'set.tar'), rawTar(tar.slice(1)))
    await expect(set.train.read(0)).rejects.toThrow(/cannot read .*: the file has changed since it was listed/)
  })
})

describe('damage at random places', async () => {
  const good = await goodFiles()
  const zip = good.map(({ path, bytes }, i) => ({ name: path, bytes, stored: i % 2 === 0 }))
  const tar = good.map(({ path, bytes }) => ({ name: path, bytes }))
  const whole: readonly NamedBytes[] = [
    { path: 'set.zip', bytes: rawZip(zip) },
    { path: 'set.tar', bytes: rawTar(tar) },
    { path: 'set.tar.gz', bytes: new Uint8Array(gzipSync(rawTar(tar))) },
    { path: 'members.tar.gz', bytes: linkedMembers(good) },
    { path: 'nested.zip', bytes: rawZip([{ name: 'in.tar', bytes: rawTar(tar) }]) },
    { path: 'set.parquet', bytes: goodTable(good) },
    { path: 'plain.parquet', bytes: goodTable(good, 'UNCOMPRESSED') },
  ]

  it.each(whole)(
    'of $path gives a dataset or a DataError',
    async ({ path, bytes }) => {
      const damage = fc.record({
        seed: fc.integer(),
        flips: fc.integer({ min: 0, max: 6 }),
        keep: fc.oneof(
          { weight: 4, arbitrary: fc.constant(1) },
          { weight: 1, arbitrary: fc.double({ min: 0, max: 1, noNaN: true }) },
        ),
      })
      await fc.assert(
        fc.asyncProperty(damage, async ({ seed, flips, keep }) => {
          const cut = bytes.slice(0, Math.ceil(bytes.length * keep))
          const found = await outcome(dropped([{ path, bytes: flipped(cut, seed, flips) }]))
          if (found.message) expect(found.message.length).toBeGreaterThan(10)
          for (const { reason } of found.report?.unreadable ?? []) expect(reason).not.toBe('')
        }),
        { numRuns: 120 },
      )
    },
    60_000,
  )

  it('in single images never affects the others', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.integer({ min: 1, max: 40 }), async (seed, flips) => {
        const bad = good.map(({ bytes }, i) => ({ path: `a/bad${i}.jpg`, bytes: flipped(bytes, seed + i, flips) }))
        const { report } = await outcome(dropped([...good, ...bad]))
        expect((report?.images.train ?? 0) + (report?.images.validation ?? 0)).toBeGreaterThanOrEqual(6)
      }),
      { numRuns: 40 },
    )
  }, 60_000)
})
