/** Folders of runs in memory: runs that the page shows without storing them, such as examples. */

import type { EditableRunFiles, RunFolders } from './folders.ts'
import type { RunFiles } from './format/files.ts'

const none: RunFiles = { read: async () => null, list: async () => [] }

const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')))

/** The files of a run with changes that stay in memory. */
export function changedFiles(base: RunFiles = none): EditableRunFiles {
  /** Null for a removed file. */
  const changed = new Map<string, Blob | null>()
  return {
    read: async (path) => {
      const own = changed.get(path)
      return own === undefined ? base.read(path) : own
    },
    list: async (folder) => {
      const prefix = folder === '' ? '' : `${folder}/`
      const kept = (await base.list(folder)).filter(({ name }) => !changed.has(prefix + name))
      const own = [...changed].flatMap(([path, blob]) =>
        blob && folderOf(path) === folder ? [{ name: path.slice(prefix.length), bytes: blob.size }] : [],
      )
      return [...kept, ...own]
    },
    replace: async (path, data) => void changed.set(path, data instanceof Blob ? data : new Blob([data])),
    remove: async (path) => void changed.set(path, null),
  }
}

/** Folders in memory, without any training. */
export function memoryFolders(): RunFolders {
  const folders = new Map<string, EditableRunFiles>()
  const edit = (id: string) => {
    const known = folders.get(id) ?? changedFiles()
    folders.set(id, known)
    return known
  }
  return {
    ids: async () => [...folders.keys()],
    open: (id) => folders.get(id) ?? none,
    edit,
    writing: (id, work) => work(edit(id)),
    remove: async (id) => void folders.delete(id),
    training: async () => new Set(),
  }
}
