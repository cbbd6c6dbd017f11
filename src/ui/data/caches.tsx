/** The caches of decoded images, which last between visits. */
import { Button } from 'react-aria-components'
import type { CacheInfo } from '../../protocol/data-report.ts'
import { lab, useLab } from '../../store/lab.ts'
import { isActive } from '../../store/status.ts'
import { More } from '../controls/more.tsx'
import { bytes, count } from '../format.ts'

export function Caches() {
  const known = useLab((state) => state.caches)
  const locked = useLab(({ run, data }) => isActive(run.status) || data.status === 'reading')
  const caches = known?.caches ?? []
  const total = caches.reduce((sum, cache) => sum + cache.bytes, 0)
  return (
    <More title={`Cached images${total > 0 ? ` (${bytes(total)})` : ''}`} onOpen={lab.listCaches}>
      {caches.length === 0 && (
        <p className="quiet">None. The cache stores decoded images, so that the next run starts at once.</p>
      )}
      {caches.length > 0 && (
        <ul className="rows" aria-label="Cached images">
          {caches.map((cache) => (
            <Row key={cache.id} cache={cache} locked={locked} />
          ))}
        </ul>
      )}
      <div className="button-row spread">
        <p className="quiet">{known?.free == null ? '' : `${bytes(known.free)} free`}</p>
        {caches.length > 1 && (
          <Button className="button quiet-button" isDisabled={locked} onPress={lab.deleteAllCaches}>
            Delete all
          </Button>
        )}
      </div>
    </More>
  )
}

function Row({ cache, locked }: { readonly cache: CacheInfo; readonly locked: boolean }) {
  const { id, source, side, images, outdated } = cache
  return (
    <li className="row">
      <span className="row-text">
        <span className="ellipsis">{source}</span>
        <span className="quiet">
          {count(images)} at {side} px, {bytes(cache.bytes)}
          {outdated > 0 && `, ${count(outdated)} of another version of the lab, which are decoded again`}
        </span>
      </span>
      <Button
        className="button quiet-button"
        aria-label={`Delete the cached images of ${source} at ${side} px`}
        isDisabled={locked}
        onPress={() => lab.deleteCache(id)}
      >
        Delete
      </Button>
    </li>
  )
}
