/** Handles of files and folders in memory, which behave like a browser's handles of those on a disk. */

/** A folder's contents: the text of a file, or a further folder, by name. */
export interface Tree {
  readonly [name: string]: string | Uint8Array | Tree
}

/** Changes of files while a page has their handles. */
export interface Disk {
  /** Names of errors by path: `NotFoundError`, `NotAllowedError`. */
  readonly errors: Map<string, string>
  /** Modification times by path; 1 by default. */
  readonly changed: Map<string, number>
  permission: PermissionState
  /** The user's answer to a permission request. */
  answer: PermissionState
}

export const disk = (): Disk => ({ errors: new Map(), changed: new Map(), permission: 'granted', answer: 'granted' })

const isTree = (content: Tree[string]): content is Tree =>
  typeof content !== 'string' && !(content instanceof Uint8Array)

function common(on: Disk, path: string, kind: FileSystemHandleKind) {
  const fail = () => {
    const error = on.permission === 'granted' ? on.errors.get(path) : 'NotAllowedError'
    if (error) throw new DOMException(`${error} of ${path}`, error)
  }
  const shared = {
    kind,
    name: path.slice(path.lastIndexOf('/') + 1),
    path,
    isSameEntry: async (other: { path?: string }) => other.path === path,
    queryPermission: async () => on.permission,
    requestPermission: async () => {
      on.permission = on.answer
      return on.permission
    },
  }
  return { shared, fail }
}

export function fileHandle(on: Disk, path: string, content: string | Uint8Array): FileSystemFileHandle {
  const { shared, fail } = common(on, path, 'file')
  const getFile = async () => {
    fail()
    const lastModified = on.changed.get(path) ?? 1
    return new File([typeof content === 'string' ? content : new Uint8Array(content)], shared.name, { lastModified })
  }
  return { ...shared, getFile } as unknown as FileSystemFileHandle
}

export function folderHandle(on: Disk, path: string, tree: Tree): FileSystemDirectoryHandle {
  const { shared, fail } = common(on, path, 'directory')
  const inner = (name: string) => {
    const [at, content] = [`${path}/${name}`, tree[name]]
    return isTree(content) ? folderHandle(on, at, content) : fileHandle(on, at, content)
  }
  async function* values() {
    fail()
    for (const name of Object.keys(tree)) yield inner(name)
  }
  const getFileHandle = async (name: string) => inner(name)
  return { ...shared, values, getFileHandle } as unknown as FileSystemDirectoryHandle
}
