/** Files that are being written: their names start with the id of the process, so that others can remove them after it ended. */
import { randomUUID } from 'node:crypto'

export const partName = (): string => `${process.pid}.${randomUUID()}.part`

/** Whether the process that wrote a file has ended; true for a name without a process. */
export function isAbandoned(name: string): boolean {
  const id = Number(name.split('.')[0])
  if (!Number.isSafeInteger(id)) return true
  try {
    process.kill(id, 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}
