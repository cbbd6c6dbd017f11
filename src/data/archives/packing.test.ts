/** Random archives, packed in every way that programs pack them, list exactly the files that unpacking would leave. */
import { posix } from 'node:path'
import { deflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { bgzip, type RawTarMember, type RawZipFile, rawGzip, rawTar, rawZip } from '../../testing/raw-archives.ts'
import type { Listing } from '../entry.ts'
import { sourceFiles } from '../node/files.ts'
import { DataError } from '../source.ts'
import { archiveListing } from './archive.ts'
import { type ArchiveHost, blobHost } from './host.ts'

const files = sourceFiles()
afterAll(() => files[Symbol.asyncDispose]())
const hosts: readonly ArchiveHost[] = [blobHost, files.host]
const { signal } = new AbortController()

const latin = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1')
const joined = (...parts: Uint8Array[]) => new Uint8Array(Buffer.concat(parts))

type Contents = Record<string, string>

async function contentsOf({ entries }: Listing): Promise<Contents> {
  const read = await Promise.all(entries.map(async ({ path, read: bytes }) => [path, latin(await bytes())] as const))
  expect(new Set(read.map(([path]) => path)).size).toBe(read.length)
  return Object.fromEntries(read)
}

const list = (bytes: Uint8Array, name: string, host: ArchiveHost) =>
  archiveListing(new Blob([bytes as BlobPart]), name, host, signal)

/** Expects both hosts to list these contents, with the same reasons and notes. */
async function expectContents(bytes: Uint8Array, name: string, expected: Contents): Promise<Listing> {
  const [page, line] = await Promise.all(hosts.map((host) => list(bytes, name, host)))
  expect(await contentsOf(page)).toEqual(expected)
  expect(await contentsOf(line)).toEqual(expected)
  expect(line.refused).toEqual(page.refused)
  expect(line.notes).toEqual(page.notes)
  return page
}

const paths = fc.constantFrom('a/0.png', 'a/1.png', 'b/0.png', 'b/c/2.png', 'é/☃.png', `long/${'n'.repeat(120)}.png`)
const content = fc.uint8Array({ maxLength: 1500 })
const file = fc.record({ kind: fc.constant('file' as const), path: paths, bytes: content })
const link = fc.record({ kind: fc.constantFrom('hard' as const, 'symbolic' as const), path: paths, target: paths })
const zeros = fc.record({ kind: fc.constant('zeros' as const), blocks: fc.integer({ min: 1, max: 25 }) })
const operations = fc.array(
  fc.oneof({ weight: 4, arbitrary: file }, { weight: 2, arbitrary: link }, { weight: 1, arbitrary: zeros }),
  { maxLength: 14 },
)
type Operation = typeof operations extends fc.Arbitrary<(infer T)[]> ? T : never

const text = (value: string) => new TextEncoder().encode(value)
const up = (path: string) => '../'.repeat(path.split('/').length - 1)

/** Long names and targets go to GNU's headers. */
function membersOf(operation: Operation): RawTarMember[] {
  if (operation.kind === 'zeros') return []
  const ahead = (kind: string, value: string): RawTarMember[] =>
    text(value).length > 100 ? [{ name: kind, kind, bytes: text(`${value}\0`) }] : []
  const names = ahead('L', operation.path)
  if (operation.kind === 'file') return [...names, { name: operation.path, bytes: operation.bytes }]
  const { path, kind } = operation
  const stated = statedTarget(operation)
  return [...names, ...ahead('K', stated), { name: path, kind: kind === 'hard' ? '1' : '2', link: stated }]
}

const tarOf = (all: readonly Operation[]) =>
  joined(
    ...all.map((one) => (one.kind === 'zeros' ? new Uint8Array(512 * one.blocks) : rawTar(membersOf(one), 0))),
    new Uint8Array(1024),
  )

const statedTarget = ({ kind, path, target }: Extract<Operation, { target: string }>) =>
  kind === 'hard' ? `./${target}` : `${up(path)}${target}`

type Node = { readonly bytes: string } | { readonly symbolic: string } | { readonly later: string }

/** The disk after unpacking: the members in turn, each replacing what has its path; a hard link copies what is there. */
function unpacked(all: readonly Operation[]): Contents {
  const disk = new Map<string, Node>()
  for (const one of all) {
    if (one.kind === 'file') disk.set(one.path, { bytes: latin(one.bytes) })
    else if (one.kind === 'symbolic') disk.set(one.path, { symbolic: statedTarget(one) })
    else if (one.kind === 'hard') disk.set(one.path, disk.get(one.target) ?? { later: one.target })
  }
  const follow = (path: string, hops = 0): string | null => {
    const node = disk.get(path)
    if (!node || hops > 40) return null
    if ('bytes' in node) return node.bytes
    return follow('later' in node ? node.later : posix.join(posix.dirname(path), node.symbolic), hops + 1)
  }
  const found = [...disk.keys()].map((path) => [path, follow(path)] as const)
  return Object.fromEntries(found.filter((one): one is [string, string] => one[1] !== null))
}

/** Whether the archive has a file: one without any is refused as a whole. */
const isUsable = (all: readonly Operation[]) => Object.keys(unpacked(all)).length > 0

const runs = { numRuns: 80 }
const timeout = 60_000

describe('tars', () => {
  it(
    'with links, zeros and several archives list what unpacking leaves',
    async () => {
      await fc.assert(
        fc.asyncProperty(operations.filter(isUsable), async (all) => {
          await expectContents(tarOf(all), 'x.tar', unpacked(all))
        }),
        runs,
      )
    },
    timeout,
  )

  it(
    'in any members of gzip, with padding and garbage, list the same',
    async () => {
      const packing = fc.record({
        all: operations.filter(isUsable),
        cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 4 }),
        padding: fc.integer({ min: 0, max: 1200 }),
        between: fc.integer({ min: 0, max: 20 }),
        garbage: fc.constantFrom('', 'x', 'garbage', '\x1f'),
        blocks: fc.option(fc.integer({ min: 200, max: 4000 })),
      })
      await fc.assert(
        fc.asyncProperty(packing, async ({ all, cuts, padding, between, garbage, blocks }) => {
          const tar = tarOf(all)
          const at = [0, ...cuts.map((cut) => Math.floor(cut * tar.length)).sort((a, b) => a - b), tar.length]
          const members = at.slice(1).map((end, i) => rawGzip([{ bytes: tar.subarray(at[i], end), name: `${i}` }]))
          const separate = members.flatMap((member) => [new Uint8Array(between), member]).slice(1)
          const packed = blocks === null ? joined(...separate) : bgzip(tar, blocks)
          const bytes = joined(packed, new Uint8Array(padding), text(garbage))
          const { notes = [] } = await expectContents(bytes, 'x.tar.gz', unpacked(all))
          expect(notes).toHaveLength(garbage === '' ? 0 : 1)
        }),
        runs,
      )
    },
    timeout,
  )
})

const plain = fc
  .uniqueArray(fc.record({ path: paths, bytes: content }), { minLength: 1, maxLength: 5, selector: ({ path }) => path })
  .map((all) => all.map((one) => ({ kind: 'file' as const, ...one })))

describe('tars with a damaged header ahead of a file', () => {
  const image = { name: 'b/0.png', bytes: text('whole') }
  const long = `long/${'n'.repeat(120)}.png`
  const record = text(`${String(20 + long.length)} path=${long}\n`.padEnd(20 + long.length, ' '))

  it.each([
    [
      'of a long name',
      [
        { name: '././@LongLink', kind: 'L', bytes: text(`${long}\0`) },
        { name: long, bytes: text('x') },
      ],
    ],
    [
      'of pax',
      [
        { name: 'PaxHeaders/0.png', kind: 'x', bytes: record },
        { name: 'other/0.png', bytes: text('x') },
      ],
    ],
  ])('%s refuse the file, because its name is lost', async (_, described) => {
    const bytes = rawTar([...described, image])
    bytes[3] ^= 1
    const { refused } = await expectContents(bytes, 'x.tar', { 'b/0.png': 'whole' })
    expect(refused.map(({ reason }) => reason)).toEqual([
      'a damaged header in x.tar; the file that follows it is lost',
      'its name was in the damaged header before it',
    ])
  })
})

/** A tar in members of `size` bytes. */
const asMembers = (all: readonly Operation[], size: number) => {
  const tar = tarOf(all)
  return Array.from({ length: Math.ceil(tar.length / size) }, (_, i) => ({
    bytes: tar.subarray(i * size, (i + 1) * size),
  }))
}

describe('damaged gzip files', () => {
  const sizes = fc.constantFrom(600, 2048, 100_000)

  it(
    'that are cut give the first files whole and name the cut',
    async () => {
      await fc.assert(
        fc.asyncProperty(plain, sizes, fc.double({ min: 0.05, max: 0.999, noNaN: true }), async (all, size, keep) => {
          const members = asMembers(all, size).map((member) => rawGzip([member]))
          const ends = members.map((_, n) => joined(...members.slice(0, n + 1)).length)
          const cut = Math.floor((ends.at(-1) ?? 0) * keep)
          const listing = list(joined(...members).subarray(0, cut), 'x.tgz', blobHost)
          const found = await listing.catch((error: unknown) => error)
          if (found instanceof DataError) {
            expect(found.message).toMatch(/truncated|no files/)
            return
          }
          const { refused, notes = [] } = found as Listing
          const contents = await contentsOf(found as Listing)
          const first = all.slice(0, Object.keys(contents).length)
          expect(contents).toEqual(unpacked(first))
          // A cut between two members cannot be seen; the first byte of a member alone is no gzip data.
          if (ends.includes(cut - 1)) expect(notes.join()).toMatch(/the last byte is behind its end/)
          else if (!ends.includes(cut)) expect(refused.map(({ reason }) => reason).join()).toMatch(/truncated here/)
        }),
        runs,
      )
    },
    timeout,
  )

  it(
    'never give a file with other bytes',
    async () => {
      const flips = fc.array(fc.record({ at: fc.double({ min: 0, max: 0.9999, noNaN: true }), bit: fc.nat(7) }), {
        minLength: 1,
        maxLength: 3,
      })
      await fc.assert(
        fc.asyncProperty(plain, sizes, flips, async (all, size, changes) => {
          const bytes = rawGzip(asMembers(all, size))
          for (const { at, bit } of changes) bytes[Math.floor(at * bytes.length)] ^= 1 << bit
          const found = await list(bytes, 'x.tar.gz', blobHost).catch((error: unknown) => error)
          if (found instanceof DataError) return
          const expected = unpacked(all)
          for (const [path, value] of Object.entries(await contentsOf(found as Listing)))
            expect(expected[path]).toBe(value)
        }),
        { numRuns: 200 },
      )
    },
    timeout,
  )
})

describe('zips', () => {
  const packing = fc.record({
    files: plain,
    system: fc.constantFrom(0, 3, 6, 10, 11, 14),
    backslashes: fc.boolean(),
    options: fc.array(fc.record({ stored: fc.boolean(), descriptor: fc.boolean(), flags: fc.constantFrom(0, 2048) }), {
      minLength: 5,
      maxLength: 5,
    }),
    folders: fc.boolean(),
    before: fc.integer({ min: 0, max: 3000 }),
    counted: fc.boolean(),
    behind: fc.constantFrom(0, 7, 30_000),
    comment: fc.constantFrom('', 'a comment'),
    zip64: fc.boolean(),
  })

  it(
    'of every system, with bytes around them, list exactly their files',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          packing,
          async ({ files: all, system, backslashes, options, folders, before, counted, ...end }) => {
            const nameOf = (path: string) => (backslashes ? path.replaceAll('/', '\\') : path)
            const own: Partial<RawZipFile> = system === 3 ? { system } : { system, mode: 0 }
            const folder: RawZipFile = { name: nameOf('a/'), bytes: new Uint8Array(0), stored: true, ...own }
            const listed = all.map(({ path, bytes }, i) => ({ name: nameOf(path), bytes, ...own, ...options[i] }))
            const zip = rawZip(folders ? [folder, ...listed] : listed, { ...end, start: counted ? before : 0 })
            const bytes = joined(new Uint8Array(before).fill(0x90), zip, new Uint8Array(end.behind))
            const { notes = [] } = await expectContents(bytes, 'x.zip', unpacked(all))
            expect(notes).toHaveLength(before > 4 ? 1 : 0)
          },
        ),
        runs,
      )
    },
    timeout,
  )
})

it('a stream of bytes behind Deflate’s end is not taken for content', async () => {
  const bytes = joined(Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3), deflateRawSync(text('x')))
  await expect(list(bytes, 'x.tar.gz', blobHost)).rejects.toThrow(DataError)
})
