/** How the long-running commands end. */

/**
 * Calls `stop` when npm, where it started this process, is gone: asked to end, npm ends its shell, and a shell
 * passes no signal on. Without this a server would keep its port, and a run would go on.
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

/** Calls `stop`, which may be asynchronous, at the first request to end, and then exits with 0. */
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
