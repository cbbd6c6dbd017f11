/** The line that an error prints. */
import { messageOf } from '../message.ts'
import { FlagError } from './arguments.ts'

const isAbort = (error: unknown): boolean => error instanceof Error && error.name === 'AbortError'

/** Returns one line: the error's first one, or that the user stopped. `command`: whose help lists the right flags. */
export function errorLine(error: unknown, command: string | undefined): string {
  if (isAbort(error)) return 'Stopped.'
  const [message] = messageOf(error).split('\n')
  return `Error: ${message}${error instanceof FlagError ? `. See: npm run lab -- ${command} --help` : ''}`
}
