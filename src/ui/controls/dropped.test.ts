import type { DirectoryDropItem, FileDropItem } from 'react-aria-components'
import { describe, expect, test } from 'vitest'
import { readDropped } from './dropped.ts'

const file = (name: string): FileDropItem => ({
  kind: 'file',
  name,
  type: '',
  getFile: async () => new File([name], name),
  getText: async () => name,
})

const folder = (name: string, entries: (FileDropItem | DirectoryDropItem)[]): DirectoryDropItem => ({
  kind: 'directory',
  name,
  async *getEntries() {
    yield* entries
  },
})

async function paths(items: Parameters<typeof readDropped>[0]) {
  const dropped = readDropped(items)
  if (dropped.kind !== 'files') throw new Error(`expected files, got ${dropped.kind}`)
  return { name: dropped.name, paths: (await dropped.files).map(({ path }) => path) }
}

describe('dropped items', () => {
  test('one folder: paths inside it, at any depth', async () => {
    const tree = folder('subset', [folder('train', [folder('cat', [file('1.png'), file('2.png')])]), file('words.txt')])
    expect(await paths([tree])).toEqual({ name: 'subset', paths: ['train/cat/1.png', 'train/cat/2.png', 'words.txt'] })
  })

  test('several folders: each keeps its name', async () => {
    const items = [folder('cat', [file('1.png')]), folder('dog', [file('1.png')])]
    expect(await paths(items)).toEqual({ name: '2 dropped items', paths: ['cat/1.png', 'dog/1.png'] })
  })

  test('one archive', async () => {
    const dropped = readDropped([file('subset.ZIP')])
    expect(dropped.kind === 'archive' && (await dropped.file).name).toBe('subset.ZIP')
  })

  test('only text', () => {
    const text = { kind: 'text' as const, types: new Set(['text/plain']), getText: async () => 'hello' }
    expect(readDropped([text])).toEqual({ kind: 'nothing' })
  })
})
