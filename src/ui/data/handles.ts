/** Files and folders as handles, which a worker can walk and a later visit can use again; Chromium alone has them. */

/** What was dropped, by handles; null where there are none, or only of a part. Must be called while the event is handled. */
export function droppedHandles({ items }: DataTransfer): Promise<readonly FileSystemHandle[]> | null {
  const files = [...items].filter(({ kind }) => kind === 'file')
  const asked = files.map((item) => item.getAsFileSystemHandle?.())
  if (asked.length === 0 || asked.includes(undefined)) return null
  return Promise.all(asked)
    .then((handles) => handles.filter((handle) => handle !== null && handle !== undefined))
    .then((handles) => (handles.length === files.length ? handles : []))
    .catch(() => [])
}

/** The name of what handles stand for together. */
export const nameOf = (handles: readonly FileSystemHandle[], how: 'dropped' | 'chosen'): string =>
  handles.length === 1 ? handles[0].name : `${handles.length} ${how} items`
