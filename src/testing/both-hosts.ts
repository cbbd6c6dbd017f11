/** Opens files like the command line and like the page, and checks that both read the same dataset. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, expect } from 'vitest'
import type { LayoutName } from '../config/layout.ts'
import { decode } from '../data/node/decode.ts'
import { openInput } from '../data/open/open-input.ts'
import type { ImageSet } from '../data/source.ts'
import type { NamedBytes } from './bad-input.ts'
import { sourceReader } from './sources.ts'

const { signal } = new AbortController()

/** Returns a function that opens files by both hosts. It resolves to the dataset of the page, or rejects like both hosts. */
export function bothHosts(): (files: readonly NamedBytes[], layout?: LayoutName) => Promise<ImageSet> {
  const home = mkdtempSync(join(tmpdir(), 'lab-both-'))
  afterAll(() => rmSync(home, { recursive: true }))
  const read = sourceReader()
  let folders = 0

  return async (files, layout) => {
    const root = join(home, String(folders++), 'set')
    for (const { path, bytes } of files) {
      mkdirSync(dirname(join(root, path)), { recursive: true })
      writeFileSync(join(root, path), bytes)
    }
    const split = { validationFraction: 0.25, seed: 1, ...(layout ? { layout } : {}) }
    const options = { fetchBytes: async () => new Uint8Array(0), decode, readNames: async () => '', ...split }
    const dropped = files.map(({ path, bytes }) => ({ path, file: new File([bytes as BlobPart], path) }))
    const [line, page] = await Promise.allSettled([
      read(root, split, signal),
      openInput({ kind: 'files', name: 'set', files: dropped }, options, () => {}, signal),
    ])
    if (line.status === 'rejected' || page.status === 'rejected') {
      expect(page).toMatchObject({ status: 'rejected', reason: (line as PromiseRejectedResult).reason })
      throw (page as PromiseRejectedResult).reason
    }
    expect(page.value.report).toEqual(line.value.report)
    return page.value
  }
}
