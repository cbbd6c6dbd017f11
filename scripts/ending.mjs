/** Ends long-running commands cleanly. */

/**
 * Calls `stop` when the npm that started this process has ended. When npm is stopped it ends its shell, but a shell
 * does not forward the signal. Without this function a server would occupy its port, and a run would continue.
 */
export function whenAbandoned(stop) {
  if (!process.env.npm_lifecycle_event) return
  const parent = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(watch)
    stop()
  }, 250)
  watch.unref()
}

/** Calls `stop`, which may be asynchronous, at the first termination signal, and then exits with 0. */
export function onEnd(stop) {
  let ending = false
  const end = () => {
    if (ending) return
    ending = true
    Promise.resolve(stop()).finally(() => process.exit(0))
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, end)
  whenAbandoned(end)
}
