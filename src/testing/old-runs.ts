/** Runs that an earlier version wrote, in format 1; old-runs/README.md says how. */
import { cpSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const home = fileURLToPath(new URL('./old-runs', import.meta.url))

export const oldPath = (name: string): string => join(home, name)

/** The contents of one of the files, as a Blob. */
export const oldBlob = (name: string): Blob => new Blob([new Uint8Array(readFileSync(oldPath(name)))])

/** Copies an old run folder, so that a test may write to it. */
export const copyOldRun = (name: 'finished' | 'interrupted', to: string): void =>
  cpSync(oldPath(name), to, { recursive: true })

/** What the page stored in IndexedDB: pairs of key and value, with `log` as a Blob. */
export function oldLibrary(): [key: string, value: Record<string, unknown>][] {
  const pairs = JSON.parse(readFileSync(oldPath('page-library.json'), 'utf8')) as [string, Record<string, unknown>][]
  return pairs.map(([key, value]) => [key, { ...value, log: new Blob([Buffer.from(String(value.log), 'base64')]) }])
}

/** The files of an old run folder, by path. */
export function oldFiles(name: 'finished' | 'interrupted'): Map<string, Uint8Array<ArrayBuffer>> {
  const folder = oldPath(name)
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) =>
    statSync(join(folder, path)).isFile(),
  )
  return new Map(paths.map((path) => [path.replaceAll('\\', '/'), new Uint8Array(readFileSync(join(folder, path)))]))
}
