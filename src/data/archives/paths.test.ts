import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { archiveStem, decodeName, folderOf, isArchiveName, safePath } from './paths.ts'

const utf8 = (text: string) => new TextEncoder().encode(text)
const bytes = fc.uint8Array({ maxLength: 40 })

describe('names of archives', () => {
  it('are UTF-8 if they are valid, otherwise code page 437', () => {
    expect(decodeName(utf8('猫/☃.png'))).toBe('猫/☃.png')
    expect(decodeName(Uint8Array.of(0x48, 0x81, 0x74, 0x74, 0x65))).toBe('Hütte')
    expect(decodeName(utf8('\uFEFFa.png'))).toBe('\uFEFFa.png')
  })

  it('remain different if their bytes differ', () => {
    const high = fc.uint8Array({ min: 128, max: 191, minLength: 1, maxLength: 12 })
    fc.assert(fc.property(high, high, (a, b) => (decodeName(a) === decodeName(b)) === (`${a}` === `${b}`)))
  })

  it('become printable paths inside the dataset, or are refused', () => {
    const hostile = fc.stringMatching(/^([./\\\\:aC\0\n]|\.\.\/|é){0,20}$/)
    fc.assert(
      fc.property(fc.oneof(bytes.map(decodeName), hostile), (name) => {
        const safe = safePath(name)
        expect(safe.path).not.toMatch(/\p{Cc}/u)
        expect(safePath(name)).toEqual(safe)
        if ('reason' in safe) return
        expect(safe.path.split('/')).not.toContain('..')
        expect(safe.path).not.toMatch(/^\/|\\|^[a-z]:|\/\/|\/$/i)
      }),
      { numRuns: 2000 },
    )
  })

  it.each([
    ['./a//b/./c.png', 'a/b/c.png'],
    ['a/...png', 'a/...png'],
    ['a/b/', 'a/b'],
    ['./', ''],
    ['a/\t.png', 'a/␉.png'],
    ['a/\u0085.png', 'a/%85.png'],
  ])('%j is %j', (name, path) => {
    expect(safePath(name)).toEqual({ path })
  })

  it.each([
    ['a/../b', /leads out/],
    ['..', /leads out/],
    ['..\\b', /leads out/],
    ['/a', /absolute/],
    ['\\\\server\\a', /absolute/],
    ['c:a', /drive/],
    ['a\\b', /backslash/],
    ['a\0b', /NUL/],
    ['a/'.repeat(3000), /longer than 4096/],
  ])('%j is refused', (name, reason) => {
    const safe = safePath(name)
    expect('reason' in safe && safe.reason).toMatch(reason)
  })
})

it('archives are recognized by their names', () => {
  expect(['a.ZIP', 'b.tar.gz', 'c.tgz', 'd.parquet', 'e.tar.png', 'f.gz'].filter(isArchiveName)).toHaveLength(4)
  expect(archiveStem('data/train-0.tar.gz')).toBe('train-0')
  expect(folderOf('data/x/train.tar')).toBe('data/x/')
  expect(folderOf('train.tar')).toBe('')
})
