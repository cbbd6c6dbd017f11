import { expect, test } from 'vitest'
import { disk, fileHandle, folderHandle } from '../../testing/handles.ts'
import { droppedHandles, nameOf } from './handles.ts'

type Item = Partial<DataTransferItem>
const transfer = (...items: Item[]) => ({ items }) as unknown as DataTransfer
const folder = folderHandle(disk(), 'set', {})
const item = (handle: FileSystemHandle | null): Item => ({ kind: 'file', getAsFileSystemHandle: async () => handle })

test('files and folders become handles; texts are left out', async () => {
  expect(await droppedHandles(transfer(item(folder), { kind: 'string' }))).toEqual([folder])
})

test('if any handle is missing, the result is null, and the page uses the fallback', async () => {
  expect(droppedHandles(transfer({ kind: 'file' }))).toBeNull()
  expect(droppedHandles(transfer({ kind: 'string' }))).toBeNull()
  expect(await droppedHandles(transfer(item(folder), item(null)))).toEqual([])
  const blocked = { kind: 'file', getAsFileSystemHandle: () => Promise.reject(new Error('blocked')) }
  expect(await droppedHandles(transfer(blocked))).toEqual([])
})

test('a single source has its own name, and several are counted', () => {
  expect(nameOf([folder], 'dropped')).toBe('set')
  expect(nameOf([folder, fileHandle(disk(), 'a.zip', '')], 'chosen')).toBe('2 chosen items')
})
