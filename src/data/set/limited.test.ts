import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { bmpOf, picture } from '../../testing/archives.ts'
import { fileChecks } from '../node/check-store.ts'
import { decode } from '../node/decode.ts'
import { sourceFiles } from '../node/files.ts'
import { folderListing } from '../node/folder.ts'
import type { Decode } from '../source.ts'
import { openSet } from './read-set.ts'

const home = mkdtempSync(join(tmpdir(), 'lab-limited-'))
const files = sourceFiles()
afterAll(async () => {
  await files[Symbol.asyncDispose]()
  rmSync(home, { recursive: true })
})
const { signal } = new AbortController()
const checks = fileChecks(join(home, 'checks'))

/** Opens the folder with a limit; counts the images that were decoded. */
async function open(name: string, maxMegapixels?: number, skipped = false) {
  let decoded = 0
  const counting: Decode = (bytes, side) => {
    decoded++
    return decode(bytes, side)
  }
  const { entries } = await folderListing(join(home, name), signal, undefined, files.open)
  const options = { decode: counting, readNames: async () => '', validationFraction: 0.3, seed: 1, maxMegapixels }
  const check = skipped ? 'known' : 'all'
  const set = await openSet(entries, { name, checks, ...options, check }, () => {}, signal)
  return { set, decoded, left: set.report.unreadable, images: set.report.images.train + set.report.images.validation }
}

async function write(name: string) {
  for (const folder of ['a', 'b']) mkdirSync(join(home, name, folder), { recursive: true })
  for (const path of ['a/1.png', 'a/2.png', 'b/1.png', 'b/2.png'])
    writeFileSync(join(home, name, path), await picture(path.charCodeAt(0) + Number(path[2])))
  writeFileSync(
    join(home, name, 'a/wide.bmp'),
    bmpOf(1200, 900, (x) => [x % 256, 1, 2]),
  )
}

it('a limit leaves out larger images, and another one reads them, whatever was known before', async () => {
  await write('set')
  const reason = '1200 × 900 pixels are more than 1 megapixels: raise data.maxMegapixels to read it'
  const low = await open('set', 1)
  expect([low.left, low.images, low.decoded]).toEqual([[{ path: 'a/wide.bmp', reason }], 4, 4])
  const high = await open('set', 2)
  expect([high.left, high.images, high.decoded]).toEqual([[], 5, 1])
  const lower = await open('set', 1)
  expect([lower.left, lower.images, lower.decoded]).toEqual([[{ path: 'a/wide.bmp', reason }], 4, 0])
  const usual = await open('set')
  expect([usual.left, usual.images, usual.decoded]).toEqual([[], 5, 0])
})

it('images that were listed without a check are held to the limit when they are read', async () => {
  await write('unchecked')
  const { set, images } = await open('unchecked', 1, true)
  expect(images).toBe(5)
  const reads = [set.train, set.validation].flatMap((split) => [...split.labels.keys()].map((i) => split.read(i)))
  const failures = (await Promise.allSettled(reads)).flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))
  expect(failures.map(({ message }) => message)).toEqual([
    'cannot read a/wide.bmp: 1200 × 900 pixels are more than 1 megapixels: raise data.maxMegapixels to read it',
  ])
})
