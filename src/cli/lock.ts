/** Lock files, which keep a second process from writing to a run or a table. */
import { linkSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { stateOf, thisProcess } from '../data/node/processes.ts'
import { type Holder, isEarlierAttempt, jobIn, lockText, parseHolder, refusal } from '../runs/lock.ts'
import { UsageError } from './arguments.ts'
import { codeOf, createFolder, removeEmpty, writeReason } from './folder.ts'
import { say } from './terminal.ts'

/** A lock that this process holds. Disposing of it removes its file. */
export interface Lock extends Disposable {
  /** Throws UsageError when another process has taken the lock, for instance after the user removed its file. */
  readonly confirm: () => void
}

/** The files of the locks that this process holds, with their texts. */
const held = new Map<string, string>()
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
let watching = false

/** The text of a file; null where there is no file. Reading a pipe would wait for its writer. */
const textAt = (path: string): string | null => {
  try {
    return statSync(path).isFile() ? readFileSync(path, 'utf8') : null
  } catch {
    return null
  }
}

function release(path: string): void {
  const text = held.get(path)
  if (text !== undefined && textAt(path) === text) rmSync(path, { force: true })
  held.delete(path)
}

const releaseAll = () => [...held.keys()].forEach(release)

/** Where nothing else handles a signal, it would end the process without the event `exit`. */
function releaseAt(signal: NodeJS.Signals): void {
  const end = () => {
    if (process.listenerCount(signal) > 1) return
    releaseAll()
    process.off(signal, end)
    process.kill(process.pid, signal)
  }
  process.on(signal, end)
}

function watch(): void {
  if (watching) return
  watching = true
  process.on('exit', releaseAll)
  signals.forEach(releaseAt)
}

/** Does `create`; returns false where the file exists. */
function unlessExists(create: () => void): boolean {
  try {
    create()
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
}

/** Creates a file with its whole text, unless it exists: returns false then. Throws when the disk refuses. */
function createWhole(path: string, text: string): boolean {
  const part = `${path}.${process.pid}.part`
  try {
    writeFileSync(part, text, { flush: true })
    return unlessExists(() => linkSync(part, path))
  } catch (error) {
    if (textAt(part) !== text) throw error
    // A disk without links, such as FAT: for a moment the file is there without its text.
    return unlessExists(() => writeFileSync(path, text, { flag: 'wx', flush: true }))
  } finally {
    rmSync(part, { force: true })
  }
}

/**
 * Removes a lock whose holder is gone. Of several processes that try, one moves the file; a process that moved the new
 * lock of another puts it back.
 */
function removeStale(path: string, text: string): void {
  const moved = `${path}.${process.pid}.stale`
  try {
    renameSync(path, moved)
  } catch {
    return
  }
  try {
    if (textAt(moved) !== text) linkSync(moved, path)
  } catch {
    // A third process has locked in the meantime; `confirm` tells the second.
  } finally {
    rmSync(moved, { force: true })
  }
}

/** Whether the holder of a lock no longer runs. */
const isOver = (holder: Holder): boolean => stateOf(holder) === 'gone' || isEarlierAttempt(holder, jobIn(process.env))

/** Takes the lock, or returns the text of the one that is in the way. */
function attempt(path: string, text: string): string | null {
  for (let tries = 0; tries < 10; tries++) {
    if (createWhole(path, text)) return null
    const there = textAt(path)
    const holder = parseHolder(there ?? '')
    if (there === null) continue
    if (!holder || !isOver(holder)) return there
    removeStale(path, there)
    say(`Removed the lock of process ${holder.pid}, which no longer runs: ${path}`)
  }
  return textAt(path) ?? ''
}

/** Removes the temporary files of processes that were killed while they took this lock. */
function removeLeftovers(path: string): void {
  const own = basename(path)
  for (const name of readdirSync(dirname(path))) {
    const [, pid] = /^\.(\d+)\.(?:part|stale)$/.exec(name.startsWith(own) ? name.slice(own.length) : '') ?? []
    if (pid === undefined || stateOf({ ...thisProcess(), pid: Number(pid), started: '' }) !== 'gone') continue
    rmSync(join(dirname(path), name), { force: true })
  }
}

function refuse(what: string, path: string, there: string): never {
  const holder = parseHolder(there)
  throw new UsageError(refusal(what, path, holder, holder !== null && stateOf(holder) !== 'elsewhere', Date.now()))
}

/** Locks a file. Throws UsageError when another process holds the lock, or when the disk refuses. `what` is locked. */
export function lock(path: string, what: string): Lock {
  const job = jobIn(process.env)
  const holder: Holder = { ...thisProcess(), time: Date.now(), ...(job ? { job } : {}) }
  const text = lockText(holder)
  let there: string | null
  try {
    there = attempt(path, text)
  } catch (error) {
    throw new UsageError(`cannot write to ${what} (${writeReason(error)})`)
  }
  if (there !== null) refuse(what, path, there)
  held.set(path, text)
  watch()
  removeLeftovers(path)
  return {
    confirm: () => {
      if (textAt(path) !== text && !createWhole(path, text)) refuse(what, path, textAt(path) ?? '')
    },
    [Symbol.dispose]: () => release(path),
  }
}

/** Creates a folder and locks it for writing. Disposing of the lock removes the folder again if it is empty. */
export function lockFolder(folder: string, file = 'run.lock'): Lock {
  const created = createFolder(folder)
  try {
    const own = lock(join(folder, file), folder)
    const dispose = () => {
      own[Symbol.dispose]()
      removeEmpty(created)
    }
    return { ...own, [Symbol.dispose]: dispose }
  } catch (error) {
    removeEmpty(created)
    throw error
  }
}
