/** Reads datasets from disk in tests. */
import { afterAll } from 'vitest'
import { type OpenedSource, openSource } from '../data/node/open.ts'
import type { SplitOptions } from '../data/set/split.ts'
import type { ImageSet, OnProgress } from '../data/source.ts'

/** Returns a function that opens and reads a source; the sources are closed after the last test of the file. */
export function sourceReader(): (
  path: string,
  split: SplitOptions,
  signal: AbortSignal,
  onProgress?: OnProgress,
) => Promise<ImageSet> {
  const opened: OpenedSource[] = []
  afterAll(() => Promise.all(opened.map((source) => source[Symbol.asyncDispose]())))
  return async (path, split, signal, onProgress = () => {}) => {
    const source = await openSource(path, signal)
    opened.push(source)
    return source.read(split, onProgress, signal)
  }
}
