/** What Chromium offers of the File System Access API beyond TypeScript's library; other browsers lack it. */

interface FileSystemHandle {
  queryPermission?(descriptor: { mode: 'read' }): Promise<PermissionState>
  requestPermission?(descriptor: { mode: 'read' }): Promise<PermissionState>
}

interface DataTransferItem {
  getAsFileSystemHandle?(): Promise<FileSystemHandle | null>
}

interface PickerType {
  description: string
  accept: Record<string, string[]>
}

interface Window {
  showDirectoryPicker?(options?: { id?: string; mode?: 'read' }): Promise<FileSystemDirectoryHandle>
  showOpenFilePicker?(options?: {
    id?: string
    multiple?: boolean
    types?: PickerType[]
  }): Promise<FileSystemFileHandle[]>
}

/** Synchronous access to a file of the origin-private file system; only workers have it. */
interface SyncAccessHandle {
  /** Returns the number of bytes read. */
  read(out: Uint8Array, options: { at: number }): number
  /**
   * Returns the number of bytes written. At the quota it throws QuotaExceededError and writes nothing; in a private window of
   * Chromium it writes a part and returns another number.
   */
  write(bytes: Uint8Array, options: { at: number }): number
  truncate(size: number): void
  getSize(): number
  flush(): void
  close(): void
}

interface FileSystemFileHandle {
  createSyncAccessHandle?(options?: { mode: 'read-only' }): Promise<SyncAccessHandle>
  move?(name: string): Promise<void>
}

interface StorageManager {
  persist?(): Promise<boolean>
}
