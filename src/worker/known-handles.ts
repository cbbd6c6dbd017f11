/** Gives the sources that the page has read ids, and finds them again by their handles at later visits. */
import type { BrowserCache } from './browser-cache.ts'

interface KnownSource {
  readonly id: string
  readonly handles: readonly FileSystemHandle[]
}

/** The newest first. */
export type KnownSources = readonly KnownSource[]

/** Sources whose ids are stored. */
const most = 32

const key = 'sources'

async function isSame(a: readonly FileSystemHandle[], b: readonly FileSystemHandle[]): Promise<boolean> {
  if (a.length !== b.length) return false
  return (await Promise.all(a.map((handle, i) => handle.isSameEntry(b[i])))).every(Boolean)
}

async function findSame(known: KnownSources, handles: readonly FileSystemHandle[]): Promise<KnownSource | undefined> {
  const same = await Promise.all(known.map((one) => isSame(one.handles, handles).catch(() => false)))
  return known.find((_, i) => same[i])
}

/**
 * The id of a source, which is new if the page has not seen its handles before. `onForgotten` receives the ids that are
 * still known when others were forgotten. Null if ids cannot be stored.
 */
export async function identifyIn(
  cache: BrowserCache<KnownSources>,
  handles: readonly FileSystemHandle[],
  onForgotten: (known: ReadonlySet<string>) => Promise<void>,
): Promise<string | null> {
  const known = (await cache.read(key)) ?? []
  const found = await findSame(known, handles)
  const source = found ?? { id: crypto.randomUUID(), handles }
  const now = [source, ...known.filter((one) => one !== found)]
  await cache.write(key, now.slice(0, most))
  if (now.length > most) await onForgotten(new Set(now.slice(0, most).map(({ id }) => id)))
  const stored = (await cache.read(key)) ?? []
  return stored.some(({ id }) => id === source.id) ? source.id : null
}
