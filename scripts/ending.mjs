/** Ends long-running commands cleanly. */
import { constants } from 'node:os'

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

const byDriver = 'probably by a fault of the GPU driver'

/** Signals that no user sends, and their probable cause. */
const crashes = {
  SIGSEGV: byDriver,
  SIGBUS: byDriver,
  SIGABRT: byDriver,
  SIGILL: byDriver,
  SIGFPE: byDriver,
  SIGTRAP: byDriver,
  SIGKILL: 'probably because the system ran out of memory',
}

/** Milliseconds that a driver may take to release its threads after the child has said that it ends. */
const patience = 10_000

/**
 * Calls `exit` with the exit code of a child with an IPC channel. The child sends `{ ending: code }` before it ends: a driver that
 * crashes or hangs after that changes nothing. A crash before that is reported with `say`, and the code is 1.
 */
export function followChild(child, { exit, say, wait = patience }) {
  let ending = null
  child.on('message', (message) => {
    if (typeof message?.ending !== 'number') return
    ending = message.ending
    setTimeout(() => child.kill('SIGKILL'), wait).unref()
  })
  child.on('exit', (code, signal) => {
    if (ending !== null || signal === null) {
      exit(ending ?? code)
    } else if (signal in crashes) {
      say(
        `Error: the process was ended by ${signal}, ${crashes[signal]}. Everything recorded so far is safe. Repeat the command, with a smaller train.microBatchSize if it happens again.`,
      )
      exit(1)
    } else exit(128 + constants.signals[signal])
  })
}
