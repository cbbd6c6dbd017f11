/** The files of a run where the browser offers no storage: the page still gets its events, and nothing else is kept. */
import type { AppendFile, WritableRunFiles } from '../runs/format/files.ts'

function forgetful(from: number): AppendFile {
  let bytes = from
  const encoder = new TextEncoder()
  return {
    length: () => bytes,
    append: (data) => {
      bytes += typeof data === 'string' ? encoder.encode(data).length : data.length
    },
    sync: () => {},
    close: () => {},
  }
}

/** `reason`: why there is no storage. A checkpoint is refused with it, since the log must not name one that is lost. */
export const unstoredFiles = (reason: string): WritableRunFiles => ({
  read: async () => null,
  list: async () => [],
  replace: async (path) => {
    if (path.startsWith('checkpoints/')) throw new Error(`the browser offers no storage for it (${reason})`)
  },
  remove: async () => {},
  append: async (_, length) => forgetful(length),
})
