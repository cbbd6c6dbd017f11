/** Where the command line writes: results to standard output, everything else to standard error. */
import { createTerminal, type Progress, type Task } from './progress.ts'

const terminal = createTerminal(process.stderr, () => performance.now())

/** Writes a line to standard error, above a progress bar. */
export const say = (text: string): void => terminal.say(text)

/** Shows the progress of a task on standard error. */
export const progress = (task: Task): Progress => terminal.progress(task)

/** Removes the progress bar. */
export const clearProgress = (): void => terminal.clear()

/** Writes a result to standard output. */
export const print = (text: string): void => {
  terminal.clear()
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`)
}

/**
 * Aborts at Ctrl-C or a termination signal; a second Ctrl-C ends the process at once. A second termination signal does not:
 * schedulers send one to every process of a job, and the parent forwards its own.
 */
export function interruption(): AbortSignal {
  const controller = new AbortController()
  const abort = () => {
    if (controller.signal.aborted) return
    say('Stopping after this step; press Ctrl-C again to quit at once.')
    controller.abort()
  }
  process.on('SIGINT', () => {
    if (controller.signal.aborted) process.exit(1)
    abort()
  })
  process.on('SIGTERM', abort)
  return controller.signal
}
