import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { sha256 } from '../../sha256.ts'
import { memoryCache } from '../../testing/memory-cache.ts'
import { decoderVersion } from '../decode/version.ts'
import type { Entry } from '../entry.ts'
import { type Identity, sampleOfBlob, samplings } from '../identity.ts'
import { fileChecks } from '../node/check-store.ts'
import { type Check, type Decode, PassingError } from '../source.ts'
import { checkImage } from './check-image.ts'
import { openChecks, type StoredChecks } from './checks.ts'

const home = mkdtempSync(join(tmpdir(), 'lab-known-checks-'))
afterAll(() => rmSync(home, { recursive: true }))

const bytesOf = (text: string) => new TextEncoder().encode(text)
const decode: Decode = async ({ length }) => ({ width: length, height: 1, image: null })

interface Facts {
  readonly stamp?: string | null
  /** True if the samples are all bytes. */
  readonly whole?: boolean
}

/** A file whose samples are its first byte, or all bytes. */
function fileAt(place: string, content: string, { stamp = 'same', whole = false }: Facts = {}): Entry {
  const bytes = bytesOf(content)
  const identity: Identity = {
    place,
    stamp,
    isWhole: whole,
    sample: () => sampleOfBlob(new Blob([whole ? bytes : bytes.subarray(0, 1)]), samplings.disk),
  }
  return { path: place, size: bytes.length, identity, read: async () => bytes }
}

/** Checks the files and stores the results. */
async function visit(store: ReturnType<typeof memoryCache<StoredChecks>>, entries: readonly Entry[], limit?: number) {
  const known = openChecks(store, 'source', entries, limit)
  for (const entry of entries) if (!(await known.find(entry))) await checkImage(entry, decode, null, known)
  await known.save()
}

async function findIn(store: Parameters<typeof openChecks>[0], entry: Entry, entries = [entry]) {
  return openChecks(store, 'source', entries).find(entry)
}

const widthOf = (check: Check | undefined) => (check && 'width' in check ? check.width : undefined)

describe('the check of a file holds', () => {
  const store = memoryCache<StoredChecks>()

  it('for equal stamps and samples', async () => {
    await visit(store, [fileAt('a', 'abc')])
    expect(widthOf(await findIn(store, fileAt('a', 'abc')))).toBe(3)
  })

  it('not for another place, stamp, sample or source, nor without a stamp', async () => {
    for (const other of [
      fileAt('b', 'abc'),
      fileAt('a', 'abc', { stamp: 'other' }),
      fileAt('a', 'xbc'),
      fileAt('a', 'abc', { stamp: null }),
    ])
      expect(await findIn(store, other)).toBeUndefined()
    const elsewhere = openChecks(store, 'another source', [fileAt('a', 'abc')])
    expect(await elsewhere.find(fileAt('a', 'abc'))).toBeUndefined()
  })

  it('for any stamp if the samples are all bytes', async () => {
    const all = memoryCache<StoredChecks>()
    await visit(all, [fileAt('a', 'abc', { whole: true })])
    expect(widthOf(await findIn(all, fileAt('a', 'abc', { whole: true, stamp: null })))).toBe(3)
    expect(await findIn(all, fileAt('a', 'abd', { whole: true }))).toBeUndefined()
  })

  it('not if the file cannot be sampled', async () => {
    const entry = fileAt('a', 'abc')
    const failing = {
      ...entry,
      identity: { ...(entry.identity as Identity), sample: () => Promise.reject(new Error('gone')) },
    }
    expect(await findIn(store, failing)).toBeUndefined()
  })

  it('for equal bytes, which are then not decoded again and get their new stamp', async () => {
    const moved = fileAt('a', 'abc', { stamp: 'new' })
    const known = openChecks(store, 'source', [moved])
    const never: Decode = () => Promise.reject(new Error('it was decoded'))
    expect(widthOf(await checkImage(moved, never, null, known))).toBe(3)
    await known.save()
    expect(widthOf(await findIn(store, moved))).toBe(3)
    expect(await known.withBytes(moved, await sha256(bytesOf('abd')))).toBeUndefined()
  })

  it('not for another version of the decoders, or of the store', async () => {
    const stored = await store.read('source')
    for (const other of [{ decoders: decoderVersion - 1 }, { decoders: decoderVersion + 1 }, { format: 1 }]) {
      const old = memoryCache<StoredChecks>()
      await old.write('source', { ...(stored as StoredChecks), ...other })
      const entry = fileAt('a', 'abc', { stamp: 'new' })
      expect(await findIn(old, entry)).toBeUndefined()
      const known = openChecks(old, 'source', [entry])
      expect(await known.withBytes(entry, await sha256(bytesOf('abc')))).toBeUndefined()
    }
  })

  it('not for files at one place, which could not be told apart', async () => {
    const two = [fileAt('a', 'abc', { stamp: 'new' }), fileAt('a', 'abcd', { stamp: 'new' })]
    for (const one of two) expect(await findIn(store, one, two)).toBeUndefined()
    const fresh = memoryCache<StoredChecks>()
    await visit(fresh, two)
    expect(await findIn(fresh, two[0])).toBeUndefined()
  })
})

describe('stored checks', () => {
  it('keep failures of images, but not of the disk or of a decoder that stopped', async () => {
    const reasons: [Partial<Entry>, Decode][] = [
      [{}, () => Promise.reject(new Error('damaged'))],
      [{}, () => Promise.reject(new PassingError('the decoder stopped'))],
      [{ read: () => Promise.reject(new Error('asleep')) }, decode],
    ]
    const found: (Check | undefined)[] = []
    for (const [more, failing] of reasons) {
      const store = memoryCache<StoredChecks>()
      const entry = { ...fileAt('a', 'abc'), ...more }
      const known = openChecks(store, 'source', [entry])
      expect(await checkImage(entry, failing, null, known)).toHaveProperty('reason')
      await known.save()
      found.push(await findIn(store, entry))
    }
    expect(found).toEqual([{ reason: 'damaged', content: await sha256(bytesOf('abc')) }, undefined, undefined])
  })

  it('keep what another process or an earlier visit stored, and forget files that are gone', async () => {
    const store = memoryCache<StoredChecks>()
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((place) => fileAt(place, place))
    await visit(store, [a, d])
    const mine = openChecks(store, 'source', [a, b, c])
    await checkImage(b, decode, null, mine)
    const other = openChecks(store, 'source', [a, b, c])
    await checkImage(c, decode, null, other)
    await other.save()
    await mine.save()
    const found = await Promise.all([a, b, c, d].map((entry) => findIn(store, entry)))
    expect(found.map(widthOf)).toEqual([1, 1, 1, undefined])
  })

  it('of more files than the limit are not stored, and each is checked', async () => {
    const store = memoryCache<StoredChecks>()
    const entries = Array.from({ length: 4 }, (_, i) => fileAt(`${i}`, 'x'))
    await visit(store, entries, 3)
    expect(await store.read('source')).toBe(null)
    await visit(store, entries.slice(1), 3)
    expect(widthOf(await findIn(store, entries[1]))).toBe(1)
  })

  it('of any other form are ignored', async () => {
    const place = fc.constantFrom('a', '__proto__', 'b')
    const stored = fc.record(
      {
        stamp: fc.constantFrom('same', null, 1),
        sample: fc.oneof(fc.constant(await sampleOfBlob(new Blob(['a']), samplings.disk)), fc.anything()),
        check: fc.oneof(fc.record({ reason: fc.anything(), content: fc.anything() }), fc.anything()),
      },
      { requiredKeys: [] },
    )
    const checks = fc.oneof(fc.array(fc.oneof(fc.tuple(place, stored), fc.anything())), fc.anything())
    const whole = fc.record({ format: fc.constant(2), decoders: fc.constant(decoderVersion), checks })
    await fc.assert(
      fc.asyncProperty(fc.oneof(whole, fc.anything()), async (value) => {
        const store = { read: async () => value, write: async () => {} }
        for (const name of ['a', '__proto__']) {
          const check = await findIn(store, fileAt(name, 'abc'))
          if (check) expect('reason' in check ? check.reason : check.hash).toBeTypeOf('string')
        }
      }),
      { numRuns: 300 },
    )
  })

  it('with any path come back from a file', async () => {
    const store = fileChecks(join(home, 'paths'))
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.oneof(fc.string(), fc.constant('__proto__')), { minLength: 1, maxLength: 5 }),
        async (names) => {
          const entries = names.map((name) => fileAt(name, name || 'x'))
          const known = openChecks(store, names.join(), entries)
          for (const entry of entries) await checkImage(entry, decode, null, known)
          await known.save()
          const again = openChecks(store, names.join(), entries)
          for (const entry of entries) expect(widthOf(await again.find(entry))).toBe(entry.size)
        },
      ),
      { numRuns: 50 },
    )
  })
})

describe('a folder of stored checks', () => {
  const now: StoredChecks = { format: 2, decoders: decoderVersion, checks: [] }

  it('loses the stores of other versions and of ended processes with the next write, and nothing else', async () => {
    const folder = join(home, 'versions')
    const store = fileChecks(folder)
    await store.write('a', now)
    const [mine] = readdirSync(folder)
    const running = `${process.pid}.x.part`
    writeFileSync(join(folder, 'first.json'), '{"a/0.png\\t5 1":{"reason":"x"}}')
    writeFileSync(join(folder, 'older.json'), JSON.stringify({ ...now, decoders: decoderVersion - 1 }))
    writeFileSync(join(folder, 'empty.json'), '')
    for (const name of ['999999999.x.part', 'abc.json.123.part', running]) writeFileSync(join(folder, name), 'half')
    await store.write('b', now)
    const left = readdirSync(folder)
    expect(left).toHaveLength(3)
    expect(left).toEqual(expect.arrayContaining([mine, running]))
    expect([await store.read('a'), await store.read('b')]).toEqual([now, now])
  })

  it('holds one whole store after many writes at once', async () => {
    const folder = join(home, 'races')
    const check = { reason: 'x', content: 'y' }
    const checks = (n: number): StoredChecks['checks'] =>
      Array.from({ length: 2000 }, (_, i) => [`${n} ${i}`, { stamp: null, sample: '', check }])
    const writes = Array.from({ length: 8 }, (_, n) => fileChecks(folder).write('a', { ...now, checks: checks(n) }))
    await Promise.all(writes)
    const stored = (await fileChecks(folder).read('a')) as StoredChecks
    expect(new Set(stored.checks.map(([place]) => place.split(' ')[0])).size).toBe(1)
    expect(stored.checks).toHaveLength(2000)
    expect(readdirSync(folder)).toHaveLength(1)
  })
})
