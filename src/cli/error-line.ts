/** The line that an error prints. */
import { messageOf } from '../message.ts'
import { FlagError } from './arguments.ts'

const isAbort = (error: unknown): boolean => error instanceof Error && error.name === 'AbortError'

const cures: readonly (readonly [RegExp, string])[] = [
  [/^OOM /, '; raise its maxmemory'],
  [/^NOPERM /, '; let its user do everything in this database'],
  [/^(READONLY|MISCONF) /, '; repair the server'],
]

/** What a Redis server refused, and what to do. */
function refusalText(message: string): string {
  const [, cure = ''] = cures.find(([pattern]) => pattern.test(message)) ?? []
  return `the Redis server refuses a command (${message.replace(/\.$/, '')})${cure}`
}

const textOf = (error: unknown): string =>
  error instanceof Error && error.name === 'ReplyError' ? refusalText(error.message) : messageOf(error)

/** Returns one line: the error's first one, or that the user stopped. `command`: whose help lists the right flags. */
export function errorLine(error: unknown, command: string | undefined): string {
  if (isAbort(error)) return 'Stopped.'
  const [message] = textOf(error).split('\n')
  return `Error: ${message}${error instanceof FlagError ? `. See: npm run lab -- ${command} --help` : ''}`
}
