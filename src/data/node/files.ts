/** The files that reading a source opens or unpacks, with one owner that closes and removes them. */
import { createWriteStream, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream as NodeStream } from 'node:stream/web'
import type { ArchiveHost } from '../archives/host.ts'
import { bounded } from '../archives/limits.ts'
import { type OpenFile, openFile } from './file-blob.ts'
import { isGone, processTag } from './processes.ts'

/** Disposing of it closes every file and removes every unpacked one; reads reject from then on. */
export interface SourceFiles extends AsyncDisposable {
  /** A file as a Blob. Rejects if there is no such file. */
  readonly open: (path: string) => Promise<Blob>
  /** Unpacks into temporary files. */
  readonly host: ArchiveHost
}

interface Files {
  readonly open: OpenFile[]
  readonly folders: string[]
}

/** Temporary folders of this process, which it removes at the latest when it exits. */
const folders = new Set<string>()
let watching = false

const remove = (folder: string) => {
  folders.delete(folder)
  rmSync(folder, { recursive: true, force: true })
}

/** Before the tag of the process and six characters that make the name unique. */
const prefix = 'selectivity-lab-'

/** Removes the folders of processes that were killed before they could. */
function removeAbandoned(): void {
  for (const name of temporaryNames().filter((own) => isGone(own.slice(prefix.length, -7)))) {
    try {
      rmSync(join(tmpdir(), name), { recursive: true, force: true })
    } catch {
      // Another user's folder stays.
    }
  }
}

function temporaryNames(): string[] {
  try {
    return readdirSync(tmpdir()).filter((name) => name.startsWith(prefix))
  } catch {
    return []
  }
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), `${prefix}${processTag()}-`))
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

async function opened(files: Files, path: string): Promise<Blob> {
  const file = await openFile(path)
  files.open.push(file)
  return file.blob
}

async function unpacked(
  files: Files,
  content: ReadableStream<Uint8Array>,
  packedSize: number,
  signal: AbortSignal,
): Promise<Blob> {
  const folder = newFolder()
  const path = join(folder, 'unpacked')
  try {
    const limited = content.pipeThrough(bounded(packedSize, await freeSpace()), { signal })
    await pipeline(nodeStream(limited), createWriteStream(path), { signal })
    const blob = await opened(files, path)
    files.folders.push(folder)
    return blob
  } catch (error) {
    remove(folder)
    throw error
  }
}

async function close(files: Files): Promise<void> {
  await Promise.all(files.open.splice(0).map((file) => file.close()))
  for (const folder of files.folders.splice(0)) remove(folder)
}

let swept = false

/** Creates an owner without files; the first one of a process removes what killed processes left. */
export function sourceFiles(): SourceFiles {
  if (!swept) removeAbandoned()
  swept = true
  const files: Files = { open: [], folders: [] }
  return {
    open: (path) => opened(files, path),
    host: { unpack: (content, packedSize, signal) => unpacked(files, content, packedSize, signal) },
    [Symbol.asyncDispose]: () => close(files),
  }
}
