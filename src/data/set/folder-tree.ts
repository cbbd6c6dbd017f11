/** The folders that hold images, as a tree. */
import type { Entry } from '../entry.ts'
import { nfc } from './unicode.ts'

export interface Folder {
  readonly name: string
  /** Path without a final `/`; empty for the root. */
  readonly path: string
  /** The folders inside that hold images at any depth, by name. */
  readonly folders: ReadonlyMap<string, Folder>
  /** Images directly inside that do not state their class. */
  readonly unlabeled: number
  /** Images directly inside that state their class. */
  readonly labeled: number
  /** Images at any depth. */
  readonly all: number
}

interface Growing extends Omit<Folder, 'folders'> {
  readonly folders: Map<string, Growing>
  unlabeled: number
  labeled: number
  all: number
}

const newFolder = (name: string, path: string): Growing => ({
  name,
  path,
  folders: new Map(),
  unlabeled: 0,
  labeled: 0,
  all: 0,
})

/** The path of the folder that holds a file, in NFC. */
export const folderPath = (path: string): string => nfc(path.slice(0, Math.max(0, path.lastIndexOf('/'))))

function chainTo(root: Growing, path: string): Growing[] {
  const chain: Growing[] = [root]
  for (const name of path === '' ? [] : path.split('/')) {
    const parent = chain[chain.length - 1]
    const child = parent.folders.get(name) ?? newFolder(name, parent.path === '' ? name : `${parent.path}/${name}`)
    parent.folders.set(name, child)
    chain.push(child)
  }
  return chain
}

/** The root of the folders of these images. It does not depend on the order of the images. */
export function folderTree(images: readonly Entry[]): Folder {
  const counts = new Map<string, { labeled: number; unlabeled: number }>()
  for (const { path, classId } of images) {
    const folder = folderPath(path)
    const count = counts.get(folder) ?? { labeled: 0, unlabeled: 0 }
    count[classId === undefined ? 'unlabeled' : 'labeled']++
    counts.set(folder, count)
  }
  const root: Growing = newFolder('', '')
  for (const [path, { labeled, unlabeled }] of [...counts].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const chain = chainTo(root, path)
    for (const one of chain) one.all += labeled + unlabeled
    Object.assign(chain[chain.length - 1], { labeled, unlabeled })
  }
  return root
}

export const foldersIn = (folder: Folder): readonly Folder[] => [...folder.folders.values()]

/** Whether all images of a folder state their classes. */
export const isLabeled = (folder: Folder): boolean => folder.unlabeled === 0 && foldersIn(folder).every(isLabeled)

export const isEmpty = ({ unlabeled, labeled }: Folder): boolean => unlabeled + labeled === 0
