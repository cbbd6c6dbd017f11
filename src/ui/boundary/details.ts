/** The report of a rendering error that a user can copy into a bug report. */
import { messageOf } from '../../message.ts'

export interface FailedPart {
  /** The name of the part of the page that failed. */
  readonly part: string
  readonly error: unknown
  /** React's component stack, empty if React gave none. */
  readonly componentStack: string
  /** Version of the lab. */
  readonly lab: string
  /** The browser's user agent. */
  readonly browser: string
}

const stackOf = (error: unknown): string => (error instanceof Error && error.stack) || '(no stack)'

/** The failed part, the versions, the error's message and stack, and the component stack, as plain text. */
export const errorDetails = ({ part, error, componentStack, lab, browser }: FailedPart): string =>
  [
    `Part: ${part}`,
    `Lab: ${lab}`,
    `Browser: ${browser}`,
    `Message: ${messageOf(error)}`,
    '',
    'Stack:',
    stackOf(error).trim(),
    '',
    'Components:',
    componentStack.trim() || '(no component stack)',
    '',
  ].join('\n')
