import { linkSync, mkdtempSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { sha256 } from '../../sha256.ts'
import { sampleOf, samplings } from '../identity.ts'
import { type FileFacts, fileIdentity, isAsListed, stampOf } from './stamp.ts'

const home = mkdtempSync(join(tmpdir(), 'lab-stamp-'))
afterAll(() => rmSync(home, { recursive: true }))

const factsOf = (path: string): FileFacts => statSync(path, { bigint: true })
/** Long after the file has changed, in milliseconds. */
const later = (facts: FileFacts) => Number(facts.ctimeNs / 1_000_000n) + 60_000

function write(name: string, text: string): string {
  const path = join(home, name)
  writeFileSync(path, text)
  utimesSync(path, 1, 1)
  return path
}

describe('the stamp of a file', () => {
  it('differs for each fact', () => {
    const facts = { dev: 1n, ino: 2n, size: 3n, mtimeNs: 4n, ctimeNs: 5n }
    const stamps = (Object.keys(facts) as (keyof FileFacts)[]).map((key) => stampOf({ ...facts, [key]: 9n }))
    expect(new Set([stampOf(facts), ...stamps]).size).toBe(6)
    expect(stamps).not.toContain(null)
  })

  it('differs after each change that leaves size and modification time', async () => {
    const path = write('a', 'abc')
    const before = factsOf(path)
    const now = later(before) + 60_000
    // Longer than a step of the file system's clock.
    await new Promise((done) => setTimeout(done, 50))
    writeFileSync(path, 'xyz')
    utimesSync(path, 1, 1)
    const rewritten = factsOf(path)
    renameSync(write('b', 'uvw'), path)
    const replaced = factsOf(path)
    expect(new Set([before, rewritten, replaced].map((facts) => stampOf(facts, now))).size).toBe(3)
    expect([rewritten, replaced].every((facts) => isAsListed(facts, before))).toBe(true)
  })

  it('is missing just after a change, with a clock that lags, and without an inode', () => {
    const facts = factsOf(write('c', 'abc'))
    const changed = Number(facts.ctimeNs / 1_000_000n)
    expect([changed - 3_600_000, changed, changed + 2500].map((now) => stampOf(facts, now))).toEqual([null, null, null])
    expect(stampOf(facts, later(facts))).toMatch(/^\d+ \d+ 3 1000000000 \d+$/)
    expect(stampOf({ ...facts, ino: 0n }, later(facts))).toBe(null)
  })
})

describe('a listed file', () => {
  it('is as listed after a backup links to it, but not after another size or time', () => {
    const path = write('d', 'abc')
    const listed = factsOf(path)
    linkSync(path, join(home, 'link'))
    expect(isAsListed(factsOf(path), listed)).toBe(true)
    utimesSync(path, 1, 2)
    expect(isAsListed(factsOf(path), listed)).toBe(false)
    expect(isAsListed({ ...listed, size: 4n }, listed)).toBe(false)
  })

  it('has the same samples in memory and on the disk, and none if it is shorter now', async () => {
    for (const size of [0, 5, 40_000]) {
      const text = 'x'.repeat(size)
      const identity = fileIdentity(write('e', text), 'e', null, size)
      const content = { bytes: Buffer.from(text), hash: await sha256(Buffer.from(text)) }
      const inMemory = await sampleOf(content, samplings.disk)
      expect(await identity.sample()).toBe(inMemory)
      expect(await identity.sample(content)).toBe(inMemory)
      expect(identity.isWhole).toBe(size < 40_000)
    }
    await expect(fileIdentity(write('f', 'ab'), 'f', null, 3).sample()).rejects.toThrow('has changed')
    await expect(fileIdentity(join(home, 'gone'), 'g', null, 3).sample()).rejects.toThrow('ENOENT')
  })
})
