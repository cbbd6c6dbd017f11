/** Listing and deleting the caches of decoded images. */
import { type LabContext, say } from './context.ts'

export function cacheActions(lab: LabContext) {
  const { store, client } = lab
  const remove = (ids: readonly string[]) => {
    for (const id of ids) client.post({ type: 'delete-cache', id })
    client.post({ type: 'list-caches' })
  }
  return {
    listCaches: (): void => client.post({ type: 'list-caches' }),
    deleteCache: (id: string): void => {
      remove([id])
      say(lab, 'The cached images are deleted. A run that needs them decodes them again.')
    },
    deleteAllCaches: (): void => {
      remove(store.getState().caches?.caches.map(({ id }) => id) ?? [])
      say(lab, 'All cached images are deleted. A run that needs them decodes them again.')
    },
  }
}
