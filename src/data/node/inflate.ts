/** Unpacks into files of their own, which go when the process does, or at once where it fails. */
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream as NodeStream } from 'node:stream/web'
import { createGunzip } from 'node:zlib'
import type { ArchiveHost } from '../archives/host.ts'
import { bounded } from '../archives/limits.ts'
import type { Keep } from '../entry.ts'
import { fileBlob } from './file-blob.ts'

const folders = new Set<string>()
let watching = false

const remove = (folder: string) => {
  folders.delete(folder)
  rmSync(folder, { recursive: true, force: true })
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'selectivity-lab-'))
  if (!watching) process.once('exit', () => [...folders].forEach(remove))
  watching = true
  folders.add(folder)
  return folder
}

async function freeSpace(): Promise<number> {
  const { bavail, bsize } = await statfs(tmpdir())
  return bavail * bsize
}

const nodeStream = (stream: ReadableStream<Uint8Array>) => Readable.fromWeb(stream as NodeStream<Uint8Array>)

const keepAsFile: Keep = async (content, compressedSize, signal) => {
  const folder = newFolder()
  const file = join(folder, 'unpacked')
  try {
    const limited = content.pipeThrough(bounded(compressedSize, await freeSpace()), { signal })
    await pipeline(nodeStream(limited), createWriteStream(file), { signal })
    return await fileBlob(file)
  } catch (error) {
    remove(folder)
    throw error
  }
}

export const fileHost: ArchiveHost = {
  keep: keepAsFile,
  // Node's own gunzip also takes archives of several members, as some packers write.
  inflate: (compressed, signal) => {
    const unzip = createGunzip()
    const source = nodeStream(compressed.stream())
    source.on('error', (error) => unzip.destroy(error))
    const content = Readable.toWeb(source.pipe(unzip)) as ReadableStream<Uint8Array>
    return keepAsFile(content, compressed.size, signal)
  },
}
