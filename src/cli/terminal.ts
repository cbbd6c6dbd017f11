/** Where the command line writes: results on standard output, everything else on standard error. */
export const say = (text: string): void => {
  process.stderr.write(`${text}\n`)
}

export const print = (text: string): void => {
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`)
}

/** Aborted by Ctrl-C or a termination request; a second Ctrl-C ends the process at once. */
export function interruption(): AbortSignal {
  const controller = new AbortController()
  const abort = () => {
    if (controller.signal.aborted) process.exit(1)
    say('Stopping after this step; press Ctrl-C again to quit at once.')
    controller.abort()
  }
  process.on('SIGINT', abort)
  process.on('SIGTERM', abort)
  return controller.signal
}

/** Says at most one line every `milliseconds`. */
export function occasionally(milliseconds: number): (text: () => string) => void {
  let last = 0
  return (text) => {
    const now = Date.now()
    if (now - last < milliseconds) return
    last = now
    say(text())
  }
}
