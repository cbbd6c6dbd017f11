/** Dropped or selected items as files with paths. */
import type { DirectoryDropItem, DropItem, FileDropItem } from 'react-aria-components'
import type { PathFile } from '../../protocol/data-report.ts'

export type Dropped =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'archive'; readonly file: Promise<File> }
  | { readonly kind: 'files'; readonly name: string; readonly files: Promise<readonly PathFile[]> }

export const isArchive = (name: string): boolean => /\.(zip|tar|tgz|tar\.gz|parquet)$/i.test(name)

type Entry = FileDropItem | DirectoryDropItem
const isEntry = (item: DropItem): item is Entry => item.kind !== 'text'

async function filesOf(entry: Entry, path: string): Promise<PathFile[]> {
  if (entry.kind === 'file') return [{ path, file: await entry.getFile() }]
  return inside(entry, `${path}/`)
}

async function inside(folder: DirectoryDropItem, prefix: string): Promise<PathFile[]> {
  const files: PathFile[] = []
  for await (const entry of folder.getEntries()) {
    for (const file of await filesOf(entry, prefix + entry.name)) files.push(file)
  }
  return files
}

/** One archive, one folder (paths leave out the folder's name), or several folders and files together. */
export function readDropped(items: Iterable<DropItem>): Dropped {
  const entries = [...items].filter(isEntry)
  const [first] = entries
  if (!first) return { kind: 'nothing' }
  if (entries.length > 1) {
    const files = Promise.all(entries.map((entry) => filesOf(entry, entry.name)))
    return { kind: 'files', name: `${entries.length} dropped items`, files: files.then((lists) => lists.flat()) }
  }
  if (first.kind === 'directory') return { kind: 'files', name: first.name, files: inside(first, '') }
  if (isArchive(first.name)) return { kind: 'archive', file: first.getFile() }
  return { kind: 'files', name: first.name, files: filesOf(first, first.name) }
}

/** Selected archives and label lists: a single archive by itself, several files together. */
export function readChosenArchives(files: Iterable<File>): Dropped {
  const list = [...files]
  const [first] = list
  if (!first) return { kind: 'nothing' }
  if (list.length === 1) return { kind: 'archive', file: Promise.resolve(first) }
  const own = list.map((file) => ({ path: file.name, file }))
  return { kind: 'files', name: `${list.length} selected files`, files: Promise.resolve(own) }
}

/** The files of a selected folder. Paths leave out the folder's name. */
export function readChosen(files: Iterable<File>): { name: string; files: PathFile[] } | null {
  const list = [...files]
  const name = list[0]?.webkitRelativePath.split('/')[0]
  if (list.length === 0) return null
  const path = (file: File) => file.webkitRelativePath.split('/').slice(1).join('/') || file.name
  return { name: name || 'selected files', files: list.map((file) => ({ path: path(file), file })) }
}
