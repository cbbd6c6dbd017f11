/** Unpacks gzip into a file of its own, which goes when the process does. */
import { createWriteStream, mkdtempSync, openAsBlob, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import type { ArchiveHost } from '../archive.ts'

export const inflateToFile: ArchiveHost['inflate'] = async (compressed, signal) => {
  const folder = mkdtempSync(join(tmpdir(), 'selectivity-lab-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'unpacked')
  const source = Readable.fromWeb(compressed.stream() as import('node:stream/web').ReadableStream)
  await pipeline(source, createGunzip(), createWriteStream(file), { signal })
  return openAsBlob(file)
}
