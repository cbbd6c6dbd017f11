/** File system handles, which the worker can walk and a later visit can reopen. Only Chromium has them. */

/** The handles of dropped items; null when the browser has none for some of them. Call it inside the event handler. */
export function droppedHandles({ items }: DataTransfer): Promise<readonly FileSystemHandle[]> | null {
  const files = [...items].filter(({ kind }) => kind === 'file')
  const handles = files.map((item) => item.getAsFileSystemHandle?.())
  if (handles.length === 0 || handles.includes(undefined)) return null
  return Promise.all(handles)
    .then((handles) => handles.filter((handle) => handle !== null && handle !== undefined))
    .then((handles) => (handles.length === files.length ? handles : []))
    .catch(() => [])
}

/** The common name of several handles. */
export const nameOf = (handles: readonly FileSystemHandle[], how: 'dropped' | 'chosen'): string =>
  handles.length === 1 ? handles[0].name : `${handles.length} ${how} items`
