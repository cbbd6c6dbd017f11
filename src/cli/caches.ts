/** `caches`: lists or deletes stored decoded images. */
import { listCaches } from '../data/cache/list.ts'
import { nodeCaches } from '../data/node/cache-folders.ts'
import type { CacheInfo } from '../protocol/data-report.ts'
import { parseFlags, UsageError } from './arguments.ts'
import { cachesFlags } from './flags.ts'
import { print, say } from './terminal.ts'

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`

const outdatedText = (images: number) =>
  images === 0 ? '' : `, and ${images} of other decoders, which are not used and will be decoded again`

const text = (caches: readonly CacheInfo[], free: number | null) =>
  [
    ...caches.map(
      ({ id, source, side, images, outdated, bytes }) =>
        `${id}: ${images} images of ${source} with a shorter side of ${side} pixels${outdatedText(outdated)}, ${megabytes(bytes)}`,
    ),
    ...(caches.length === 0 ? ['No decoded images are cached.'] : []),
    ...(free === null ? [] : [`${megabytes(free)} more can be cached.`]),
  ].join('\n')

export async function caches(args: string[]): Promise<number> {
  const { values } = parseFlags(args, cachesFlags)
  const folders = nodeCaches()
  const ids = await folders.ids()
  if (values.delete !== undefined && !ids.includes(values.delete)) {
    throw new UsageError(`unknown cache: ${values.delete} (have ${ids.join(', ') || 'none'})`)
  }
  for (const id of ids.filter((one) => values['delete-all'] || one === values.delete)) {
    await folders.remove(id)
    say(`Deleted ${id}`)
  }
  const found = await listCaches(folders)
  const free = await folders.free()
  print(values.json ? JSON.stringify({ caches: found, free }, null, 2) : text(found, free))
  return 0
}
