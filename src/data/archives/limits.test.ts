import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { rawTar, rawZip } from '../../testing/raw-archives.ts'
import { inWords, pause, readingReason } from '../entry.ts'
import { sourceFiles } from '../node/files.ts'
import { archiveListing } from './archive.ts'
import { gunzip } from './gunzip.ts'
import { type ArchiveHost, blobHost } from './host.ts'
import { bounded, limits } from './limits.ts'

const home = mkdtempSync(join(tmpdir(), 'lab-limits-'))
vi.stubEnv('TMPDIR', home)
vi.stubEnv('TEMP', home)
afterAll(() => {
  vi.unstubAllEnvs()
  rmSync(home, { recursive: true })
})

const left = () => readdirSync(home)
const hosts: readonly (readonly [string, ArchiveHost])[] = [
  ['the page', blobHost],
  ['the command line', sourceFiles().host],
]

const endless = () =>
  new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      await pause()
      controller.enqueue(new Uint8Array(2 ** 20))
    },
  })

describe.each(hosts)('unpacking by %s', (_, host) => {
  const bomb = gzipSync(new Uint8Array(limits.archiveFreeBytes + 2 ** 20))

  it('ends at the limit with an error and leaves no file', async () => {
    const before = left()
    const unpacking = gunzip(new Blob([bomb]), 'x.tar.gz', host.unpack, new AbortController().signal)
    await expect(unpacking).rejects.toThrow(
      /unpacked size exceeds 64 MiB, over 100 times its packed size: not an archive of images/,
    )
    expect(left()).toEqual(before)
  })

  it('counts all members of a gzip file', async () => {
    const member = gzipSync(new Uint8Array(2 ** 20))
    const packed = new Blob(Array.from({ length: 66 }, () => member as BlobPart))
    const unpacking = gunzip(packed, 'x.tar.gz', host.unpack, new AbortController().signal)
    await expect(unpacking).rejects.toThrow(/^x\.tar\.gz: its unpacked size exceeds 64 MiB/)
  })

  it('ends when it is canceled and leaves no file', async () => {
    const before = left()
    const controller = new AbortController()
    const unpacking = host.unpack(endless(), 2 ** 40, controller.signal)
    setTimeout(() => controller.abort(), 20)
    await expect(unpacking).rejects.toMatchObject({ name: 'AbortError' })
    expect(left()).toEqual(before)
  })

  it('reads the unpacked bytes by ranges', async () => {
    const packed = new Blob([gzipSync('con'), gzipSync('tent')])
    const { blob } = await gunzip(packed, 'x.gz', host.unpack, new AbortController().signal)
    expect(await blob.slice(3).text()).toBe('tent')
  })
})

it('unpacking ends before the disk is full', async () => {
  const unpacking = new Response(endless().pipeThrough(bounded(2 ** 40, 10 * 2 ** 20))).arrayBuffer()
  await expect(unpacking).rejects.toThrow('its unpacked size exceeds the 9 MiB of free space')
})

it('listing an archive reports its progress and can be canceled', async () => {
  const files = Array.from({ length: 3000 }, (_, i) => ({ name: `a/${i}.png`, bytes: new Uint8Array(1), stored: true }))
  for (const bytes of [rawZip(files), rawTar(files)]) {
    const counts: number[] = []
    const blob = new Blob([bytes as BlobPart])
    await archiveListing(blob, 'set', blobHost, new AbortController().signal, (count) => counts.push(count))
    expect(counts).toEqual([1024, 2048])
    const controller = new AbortController()
    const listing = archiveListing(blob, 'set', blobHost, controller.signal, () => controller.abort())
    await expect(listing).rejects.toMatchObject({ name: 'AbortError' })
  }
})

describe('reasons why a file cannot be read', () => {
  const withCode = (code: string) => Object.assign(new Error(`${code}: no such file`), { code })
  it.each([
    [new DOMException('x', 'NotReadableError'), /changed since it was listed/],
    [new DOMException('x', 'NotFoundError'), /the file is gone/],
    [new DOMException('x', 'NotAllowedError'), /permission .* withdrawn/],
    [withCode('ENOENT'), /the file is gone/],
    [withCode('EACCES'), /no permission/],
    [withCode('EIO'), /the disk or the network/],
    [withCode('EMFILE'), /too many files/],
    [new Error('first line\nsecond'), /^first line$/],
    ['text', /^text$/],
  ])('%s', (error, reason) => {
    expect(readingReason(error)).toMatch(reason)
  })

  it('an AbortError passes unchanged', async () => {
    const cancelled = inWords(() => Promise.reject(new DOMException('x', 'AbortError')))
    await expect(cancelled).rejects.toMatchObject({ name: 'AbortError' })
  })
})
