/** Lists the caches of a host. */
import type { CacheInfo } from '../../protocol/data-report.ts'
import type { CacheFolders, ShardFiles } from './files.ts'
import { isCurrent, readTail } from './shard.ts'

async function infoOf(id: string, files: ShardFiles): Promise<CacheInfo> {
  let info: CacheInfo = { id, source: id.replace(/@\d+$/, ''), side: 0, images: 0, outdated: 0, bytes: 0 }
  for (const name of await files.list()) {
    const reader = await files.open(name)
    try {
      const { note, places } = readTail(reader)
      const { source, side } = note
      const counted = isCurrent(note) ? 'images' : 'outdated'
      info = { ...info, source, side, [counted]: info[counted] + places.length, bytes: info.bytes + reader.size }
    } catch {
      // The shard is damaged; opening the cache removes it.
      info = { ...info, bytes: info.bytes + reader.size }
    } finally {
      reader.close()
    }
  }
  return info
}

/** All caches that hold images, sorted by id. */
export async function listCaches(folders: CacheFolders): Promise<CacheInfo[]> {
  const found: CacheInfo[] = []
  for (const id of (await folders.ids()).sort()) {
    const files = await folders.existing(id)
    const info = files && (await infoOf(id, files))
    // An empty folder belongs to a cache that is being created or deleted.
    if (info && info.bytes > 0) found.push(info)
  }
  return found
}
