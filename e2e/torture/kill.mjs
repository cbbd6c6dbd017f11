/**
 * Loaded into the command line before everything else (`node --import`). Kills the process with SIGKILL at a chosen
 * operation on the files of a run, as `LAB_TORTURE` says:
 *
 * - `folder`: the run's folder; `report`: where to write what happened
 * - `at`: the number of the operation, from 0; absent: none, the operations are only counted
 * - `how`: before the operation, within it (a part of the data is written) or after it
 * - `share`: the part that is written, from 0 to 1
 * - `power`: what no sync has brought to the disk is lost too, apart from a `share` of it
 */
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { resolve, sep } from 'node:path'
import { isMainThread } from 'node:worker_threads'

const real = { ...fs }

/** The path of each open file, and the bytes of it that are on the disk. */
const files = new Map()
/** The same for closed files that were not synced, by path. */
const unsynced = new Map()

let plan = null
let operations = 0

const isInside = (path) =>
  typeof path === 'string' && (resolve(path) === plan.folder || resolve(path).startsWith(plan.folder + sep))

const sizeOf = (path) => {
  try {
    return real.statSync(path).size
  } catch {
    return 0
  }
}

const nameOf = (path) => resolve(path).slice(plan.folder.length + 1)

/** Cuts files to what a power cut would leave of them. */
function losePower() {
  for (const { path, synced } of [...files.values(), ...unsynced.values()]) {
    const size = sizeOf(path)
    if (size > synced) real.truncateSync(path, synced + Math.floor(plan.share * (size - synced)))
  }
}

function die(what) {
  if (plan.power) losePower()
  real.writeFileSync(plan.report, JSON.stringify({ pid: process.pid, operations, killed: `${plan.how} ${what}` }))
  process.kill(process.pid, 'SIGKILL')
  // The signal arrives at once, but perhaps not before the next line.
  for (;;);
}

/** Counts an operation and does it, or dies. `within` writes a part of the data. */
function operation(what, act, within) {
  const isLast = operations++ === plan.at
  if (isLast && plan.how === 'before') die(what)
  if (isLast && plan.how === 'within') {
    within?.(plan.share)
    die(what)
  }
  const result = act()
  if (isLast) die(what)
  return result
}

const bytesOf = (data) =>
  typeof data === 'string' ? Buffer.from(data) : Buffer.from(data.buffer, data.byteOffset, data.byteLength)

function* replacements() {
  const pathOf = (target) =>
    typeof target === 'number' ? files.get(target)?.path : isInside(target) ? target : undefined

  yield [
    'openSync',
    (path, flags = 'r', ...rest) => {
      if (!isInside(path) || flags === 'r') return real.openSync(path, flags, ...rest)
      return operation(`open ${nameOf(path)}`, () => {
        const file = real.openSync(path, flags, ...rest)
        const synced = /w/.test(flags) ? 0 : (unsynced.get(path)?.synced ?? sizeOf(path))
        unsynced.delete(path)
        files.set(file, { path, synced })
        return file
      })
    },
  ]
  for (const name of ['writeFileSync', 'appendFileSync', 'writeSync'])
    yield [
      name,
      (target, data, ...rest) => {
        const path = pathOf(target)
        const act = () => real[name](target, data, ...rest)
        if (path === undefined) return act()
        const within = (share) => {
          const bytes = bytesOf(data)
          real[name](target, bytes.subarray(0, Math.floor(share * bytes.length)))
        }
        return operation(`write ${nameOf(path)}`, act, within)
      },
    ]
  for (const name of ['fsyncSync', 'fdatasyncSync'])
    yield [
      name,
      (file) => {
        const open = files.get(file)
        if (!open) return real[name](file)
        return operation(`sync ${nameOf(open.path)}`, () => {
          real[name](file)
          open.synced = sizeOf(open.path)
        })
      },
    ]
  yield [
    'closeSync',
    (file) => {
      const open = files.get(file)
      if (open) {
        files.delete(file)
        if (sizeOf(open.path) > open.synced) unsynced.set(open.path, open)
      }
      return real.closeSync(file)
    },
  ]
  yield [
    'ftruncateSync',
    (file, length) => {
      const open = files.get(file)
      if (!open) return real.ftruncateSync(file, length)
      return operation(`cut ${nameOf(open.path)}`, () => {
        real.ftruncateSync(file, length)
        open.synced = Math.min(open.synced, length)
      })
    },
  ]
  yield [
    'renameSync',
    (from, to) => {
      if (!isInside(from)) return real.renameSync(from, to)
      return operation(`rename to ${nameOf(to)}`, () => {
        real.renameSync(from, to)
        for (const open of files.values()) if (open.path === from) open.path = to
        const closed = unsynced.get(from)
        unsynced.delete(from)
        unsynced.delete(to)
        if (closed) unsynced.set(to, { ...closed, path: to })
      })
    },
  ]
  for (const name of ['rmSync', 'unlinkSync', 'mkdirSync', 'rmdirSync', 'linkSync', 'truncateSync', 'copyFileSync'])
    yield [
      name,
      (path, ...rest) => {
        const act = () => real[name](path, ...rest)
        return isInside(path) ? operation(`${name} ${nameOf(path)}`, act) : act()
      },
    ]
  for (const name of ['writeFile', 'appendFile', 'rename', 'rm', 'unlink', 'truncate', 'copyFile', 'open']) {
    const own = fs.promises[name]
    yield [
      `promises.${name}`,
      (path, ...rest) => {
        const act = () => own(path, ...rest)
        if (!isInside(path) || (name === 'open' && (rest[0] ?? 'r') === 'r')) return act()
        return operation(`${name} ${nameOf(path)}`, act)
      },
    ]
  }
}

function install() {
  for (const [name, replacement] of replacements()) {
    if (name.startsWith('promises.')) fs.promises[name.slice('promises.'.length)] = replacement
    else fs[name] = replacement
  }
  syncBuiltinESMExports()
  real.writeFileSync(plan.report, JSON.stringify({ pid: process.pid, operations: 0, killed: null }))
  process.on('exit', () =>
    real.writeFileSync(plan.report, JSON.stringify({ pid: process.pid, operations, killed: null })),
  )
}

if (process.env.LAB_TORTURE && isMainThread && process.argv[1]?.endsWith('main.ts')) {
  plan = JSON.parse(process.env.LAB_TORTURE)
  install()
}
