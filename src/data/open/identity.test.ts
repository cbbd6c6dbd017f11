/** Datasets of equal names, sizes and times share neither checks nor pixels, on both hosts. */
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { NamedBytes } from '../../testing/bad-input.ts'
import { twins } from '../../testing/corpus-identity.ts'
import { disk, fileHandle, folderHandle, type Tree } from '../../testing/handles.ts'
import { memoryCache } from '../../testing/memory-cache.ts'
import { identifyIn, type KnownSources } from '../../worker/known-handles.ts'
import type { CacheFolders } from '../cache/files.ts'
import { cacheWhileReading } from '../cache/while-reading.ts'
import { prepareImages } from '../feed/prepare.ts'
import { nodeCaches } from '../node/cache-folders.ts'
import { fileChecks } from '../node/check-store.ts'
import { decode } from '../node/decode.ts'
import { openSource } from '../node/open.ts'
import type { CheckStore, StoredChecks } from '../set/checks.ts'
import type { ImageSet, Split } from '../source.ts'
import { openInput } from './open-input.ts'

const home = mkdtempSync(join(tmpdir(), 'lab-identity-'))
const opened: AsyncDisposable[] = []
afterAll(async () => {
  for (const source of opened) await source[Symbol.asyncDispose]()
  rmSync(home, { recursive: true })
})

const { signal } = new AbortController()
const split = { validationFraction: 0.3, seed: 1 }
const nothing = () => {}
let visits = 0

/** Where a host stores what it knows between visits. */
interface Memory {
  readonly checks: CheckStore
  readonly folders: CacheFolders
  /** The sources that the page has read before. */
  readonly sources: ReturnType<typeof memoryCache<KnownSources>>
}

const diskMemory = (): Memory => ({
  checks: fileChecks(join(home, `checks ${visits}`)),
  folders: nodeCaches(join(home, `caches ${visits++}`)),
  sources: memoryCache<KnownSources>(),
})
const pageMemory = (): Memory => ({ ...diskMemory(), checks: memoryCache<StoredChecks>() })

/** The bytes of every image, as a run gets them. */
const pixelsOf = ({ labels, stored }: Split): string[] =>
  [...labels.keys()].map((i) => {
    const image = stored?.(i)
    if (!image) throw new Error('the image is not cached')
    const bytes = new Uint8Array(3 * image.width * image.height)
    image.readRows(0, image.height, bytes)
    return `${labels[i]} ${Buffer.from(bytes).toString('base64')}`
  })

type Open = (memory: Memory, cache: ReturnType<typeof cacheWhileReading>) => Promise<ImageSet>

/** What a dataset contains. */
async function seen(memory: Memory, open: Open) {
  const cache = cacheWhileReading(memory.folders, 200)
  const set = await open(memory, cache).finally(cache.end)
  using prepared = await prepareImages(set, { side: 200, folders: memory.folders, onProgress: nothing, signal })
  const { train, validation } = prepared.set
  const { contents, fingerprint, unreadable } = set.report
  return { contents, fingerprint, unreadable, train: pixelsOf(train), validation: pixelsOf(validation) }
}

/** Writes the files with an old time of modification. */
function write(root: string, files: readonly NamedBytes[]): string {
  for (const { path, bytes } of files) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), bytes)
    utimesSync(join(root, path), 1, 1)
  }
  return files.length === 1 ? join(root, files[0].path) : root
}

const fromDisk =
  (root: string, files: readonly NamedBytes[]): Open =>
  async ({ checks }, cache) => {
    const source = await openSource(write(root, files), signal)
    opened.push(source)
    return source.read(split, nothing, signal, { checks, cache: cache.open })
  }

function treeOf(files: readonly NamedBytes[]): Tree {
  const tree: Record<string, Record<string, Uint8Array> | Uint8Array> = {}
  for (const { path, bytes } of files) {
    const [folder, name] = path.split('/')
    if (name === undefined) tree[folder] = bytes
    else tree[folder] = { ...(tree[folder] as Record<string, Uint8Array>), [name]: bytes }
  }
  return tree
}

const pageOptions = ({ checks }: Memory, cache: Parameters<Open>[1]) => ({
  ...split,
  fetchBytes: async () => new Uint8Array(),
  readNames: async () => '',
  decode,
  checks,
  cache: cache.open,
})

/** Handles of a folder, or of a single archive, at a path. All files have the same time of modification. */
const fromHandles =
  (path: string, files: readonly NamedBytes[]): Open =>
  (memory, cache) => {
    const [only] = files
    const handle =
      files.length === 1
        ? fileHandle(disk(), `${path}/${only.path}`, only.bytes)
        : folderHandle(disk(), path, treeOf(files))
    const input = { kind: 'handles', name: handle.name, handles: [handle] } as const
    const identify = (handles: readonly FileSystemHandle[]) => identifyIn(memory.sources, handles, async () => {})
    return openInput(input, { ...pageOptions(memory, cache), identify }, nothing, signal)
  }

/** Files without handles, as other browsers give them. */
const fromFiles =
  (_: string, files: readonly NamedBytes[]): Open =>
  (memory, cache) => {
    const items = files.map(({ path, bytes }) => ({
      path,
      file: new File([bytes as BlobPart], path.slice(path.lastIndexOf('/') + 1), { lastModified: 1 }),
    }))
    const input =
      items.length === 1
        ? ({ kind: 'archive', file: items[0].file } as const)
        : ({ kind: 'files', name: 'set', files: items } as const)
    return openInput(input, pageOptions(memory, cache), nothing, signal)
  }

const hosts = [
  ['the command line', fromDisk, diskMemory],
  ['the page with handles', fromHandles, pageMemory],
  ['the page with files', fromFiles, pageMemory],
] as const

const pairs = await twins()

describe.each(hosts)('%s', (_, from, memoryOf) => {
  it.each(pairs)('tells twins apart: $name', async ({ before, after }) => {
    expect(after.map(({ path, bytes }) => [path, bytes.length])).toEqual(
      before.map(({ path, bytes }) => [path, bytes.length]),
    )
    const root = join(home, String(visits++))
    const [here, there] = [join(root, 'a', 'set'), join(root, 'b', 'set')]
    const memory = memoryOf()
    const first = await seen(memory, from(here, before))
    const right = await seen(memoryOf(), from(join(root, 'c', 'set'), after))
    expect(right.contents).not.toBe(first.contents)
    expect(await seen(memory, from(there, after))).toEqual(right)
    // The twin takes the place of the first.
    expect(await seen(memory, from(here, after))).toEqual(right)
    expect(await seen(memory, from(here, before))).toEqual(first)
  })
})
