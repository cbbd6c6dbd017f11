/** Ends long-running commands cleanly. */

/**
 * Calls `stop` when the npm that started this process has ended. npm ends its shell when it is asked to stop, but a shell
 * passes no signal on: without this, a server would keep its port and a run would continue.
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
