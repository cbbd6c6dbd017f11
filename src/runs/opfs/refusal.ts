/** Errors of the browser's storage. */
import { messageOf } from '../../message.ts'

/** Whether an error, or its cause, says that the storage has no room. */
export function isStorageFull(error: unknown): boolean {
  if (!(error instanceof Error || error instanceof DOMException)) return false
  return error.name === 'QuotaExceededError' || ('cause' in error && isStorageFull(error.cause))
}

const isMissing = (error: unknown): boolean => error instanceof DOMException && error.name === 'NotFoundError'

/** Resolves with null where `work` finds no such file or folder. */
export async function unlessMissing<T>(work: () => Promise<T>): Promise<T | null> {
  try {
    return await work()
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

/** Whether a file is open elsewhere. */
export const isBusy = (error: unknown): boolean =>
  error instanceof DOMException && error.name === 'NoModificationAllowedError'

const reasonOf = (error: unknown): string => {
  if (isStorageFull(error)) return 'the browser’s storage is full'
  return isBusy(error) ? 'it is open in another tab' : messageOf(error)
}

/** The error for a file that could not be written: it names the file and the reason. */
export const writeError = (path: string, cause: unknown): Error =>
  new Error(`cannot write ${path} (${reasonOf(cause)})`, { cause })
