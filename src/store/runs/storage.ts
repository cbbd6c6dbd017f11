/** How much of the browser's storage this page uses. */
import type { StorageState } from '../experiments/state.ts'

/** The storage of the page's origin. Where the browser does not say, null. Does not reject. */
export async function pageStorage(): Promise<StorageState> {
  const { storage } = navigator
  const estimate = await storage?.estimate?.().catch(() => null)
  const persistent = (await storage?.persisted?.().catch(() => null)) ?? null
  const used = estimate?.usage ?? null
  const quota = estimate?.quota ?? null
  return { used, free: used === null || quota === null ? null : Math.max(0, quota - used), persistent }
}

/** Asks the browser to keep the storage when the disk fills; some ask the user. Does not reject. */
export const keepPageStorage = async (): Promise<void> => void (await navigator.storage?.persist?.().catch(() => false))
