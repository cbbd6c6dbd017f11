import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { canListDescriptors, openBelow } from '../../testing/descriptors.ts'
import { openFile } from './file-blob.ts'
import { folderListing } from './folder.ts'

const home = mkdtempSync(join(tmpdir(), 'lab-folder-'))
afterAll(() => rmSync(home, { recursive: true }))

function write(path: string, content = 'x'): string {
  mkdirSync(dirname(join(home, path)), { recursive: true })
  writeFileSync(join(home, path), content)
  return join(home, path)
}

const paths = (found: readonly { readonly path: string }[]) => found.map(({ path }) => path)

describe('a folder', () => {
  it('is listed in the order of its paths, with a running count', async () => {
    for (let i = 0; i < 3000; i++) write(`many/${i % 3}/${i}.png`)
    const counts: number[] = []
    const { entries, refused } = await folderListing(join(home, 'many'), undefined, (count) => counts.push(count))
    expect(entries).toHaveLength(3000)
    expect(paths(entries)).toEqual(paths(entries).sort())
    expect(refused).toEqual([])
    expect(counts.length).toBeGreaterThan(2)
    expect(counts.at(-1)).toBe(3000)
  })

  it('stops listing when it is canceled', async () => {
    const controller = new AbortController()
    const listing = folderListing(join(home, 'many'), controller.signal, () => controller.abort())
    await expect(listing).rejects.toMatchObject({ name: 'AbortError' })
  })

  it('follows each link once and refuses circular links', async () => {
    write('links/set/a/1.png')
    write('links/elsewhere/2.png')
    const link = (to: string, path: string) => symlinkSync(join(home, 'links', to), join(home, 'links', path))
    link('elsewhere', 'set/b')
    link('set', 'set/a/loop')
    link('set/a', 'set/c')
    link('elsewhere/2.png', 'set/a/3.png')
    link('nowhere.png', 'set/a/4.png')
    symlinkSync('self.png', join(home, 'links/set/a/self.png'))
    const { entries, refused } = await folderListing(join(home, 'links/set'))
    expect(paths(entries)).toEqual(['a/1.png', 'a/3.png', 'b/2.png'])
    expect(refused).toEqual([
      { path: 'a/4.png', reason: 'the file is gone' },
      { path: 'a/loop', reason: 'a link to a folder that was read already' },
      { path: 'a/self.png', reason: 'a circular link' },
      { path: 'c', reason: 'a link to a folder that was read already' },
    ])
  })

  it('reads a folder again to which a split links, but not in circles', async () => {
    write('one/pool/a/1.png')
    write('one/pool/b/2.png')
    const link = (to: string, path: string) => symlinkSync(join(home, to), join(home, path))
    mkdirSync(join(home, 'one/set'))
    link('one/pool', 'one/set/train')
    link('one/pool', 'one/set/val')
    link('one/set', 'one/set/test')
    link('one/set', 'one/pool/a/val')
    const { entries, refused } = await folderListing(join(home, 'one/set'))
    expect(paths(entries)).toEqual(['train/a/1.png', 'train/b/2.png', 'val/a/1.png', 'val/b/2.png'])
    expect(paths(refused)).toEqual(['test', 'train/a/val', 'val/a/val'])
  })

  it.skipIf(process.getuid?.() === 0)('reports folders without read permission', async () => {
    write('closed/a/1.png')
    write('closed/b/1.png')
    chmodSync(join(home, 'closed/b'), 0)
    const { entries, refused } = await folderListing(join(home, 'closed'))
    chmodSync(join(home, 'closed/b'), 0o755)
    expect(paths(entries)).toEqual(['a/1.png'])
    expect(refused).toEqual([{ path: 'b', reason: 'the folder cannot be read: no permission to read it' }])
  })

  it('rejects if it does not exist', async () => {
    await expect(folderListing(join(home, 'none'))).rejects.toThrow(/none cannot be read: the file is gone/)
  })

  it('reads only files that are unchanged since they were listed', async () => {
    const [same, longer, newer, gone] = ['same', 'longer', 'newer', 'gone'].map((name) => write(`live/${name}.png`))
    const { entries } = await folderListing(join(home, 'live'))
    const read = (path: string) => entries.find((entry) => entry.path === `${path}.png`)?.read()
    writeFileSync(longer, 'more')
    utimesSync(newer, 1, 1)
    rmSync(gone)
    expect(await read('same')).toEqual(Buffer.from('x'))
    await expect(read('longer')).rejects.toThrow('the file has changed since it was listed')
    await expect(read('newer')).rejects.toThrow('the file has changed since it was listed')
    await expect(read('gone')).rejects.toThrow('the file is gone')
    expect(same).toMatch(/same\.png$/)
  })
})

describe('a file as a Blob', () => {
  it('reads by position and as a stream', async () => {
    const blob = (await openFile(write('blob/ten', '0123456789'))).blob
    const textOf = async (piece: Blob) => new TextDecoder().decode(await piece.arrayBuffer())
    expect(blob.size).toBe(10)
    expect(await textOf(blob.slice(2, 5))).toBe('234')
    expect(await textOf(blob.slice(2, 8).slice(1, 3))).toBe('34')
    expect(await textOf(blob.slice(-3))).toBe('789')
    expect(await textOf(blob.slice(8, 99))).toBe('89')
    expect(blob.slice(7, 3).size).toBe(0)
    expect(await new Response(blob.slice(1, 9).stream()).text()).toBe('12345678')
  })

  it('rejects reads once the file has changed', async () => {
    const file = write('blob/changing', '0123456789')
    const { blob, close } = await openFile(file)
    await blob.slice(0, 1).arrayBuffer()
    writeFileSync(file, 'short')
    await expect(blob.slice(6, 9).arrayBuffer()).rejects.toMatchObject({ name: 'NotReadableError' })
    await close()
  })

  it('closes after pending reads and rejects later ones', async () => {
    const file = write('blob/closing', 'x'.repeat(3e6))
    const { blob, close } = await openFile(file)
    const pending = [blob.arrayBuffer(), blob.slice(1, 4).arrayBuffer()]
    await close()
    expect((await pending[0]).byteLength).toBe(3e6)
    expect((await pending[1]).byteLength).toBe(3)
    await expect(blob.slice(0, 1).arrayBuffer()).rejects.toThrow('closing is closed')
    if (canListDescriptors) expect(openBelow(file)).toEqual([])
  })
})
