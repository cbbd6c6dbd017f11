/** Media queries that decide what is rendered, not only how it looks. */
import { useSyncExternalStore } from 'react'

export function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (listener) => {
      const media = window.matchMedia(query)
      media.addEventListener('change', listener)
      return () => media.removeEventListener('change', listener)
    },
    () => window.matchMedia(query).matches,
  )
}

/** Whether the page is too narrow for the rail to stand beside the charts; app.css has the same width. */
export const useNarrow = (): boolean => useMedia('(max-width: 1159px)')
