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
