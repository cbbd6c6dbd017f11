/** Runs `train` of the command line in a process that can be killed. */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { RunBytes } from './record.ts'

const pathOf = (file: string) => fileURLToPath(new URL(file, import.meta.url))
const script = pathOf('../../scripts/lab.mjs')
const killer = new URL('./kill.mjs', import.meta.url).href

/** When a process is killed: after a time, or at an operation on the run's files. */
export type Kill =
  | { readonly by: 'time'; readonly milliseconds: number }
  | {
      readonly by: 'operation'
      readonly at: number
      readonly how: 'before' | 'within' | 'after'
      /** The part of the data that is written, or of what no sync has brought to the disk, from 0 to 1. */
      readonly share: number
      /** What no sync has brought to the disk is lost, as when the power fails. */
      readonly power: boolean
    }

export interface Ended {
  /** The exit code; null where the process was killed. */
  readonly code: number | null
  /** Where it was killed. */
  readonly killed: string | null
  /** Operations on the run's files. */
  readonly operations: number
  readonly milliseconds: number
  readonly output: string
}

interface Report {
  readonly pid: number
  readonly operations: number
  readonly killed: string | null
}

function readReport(path: string): Report | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Report
  } catch {
    return null
  }
}

/** Kills the process that wrote a report after a time; returns how to give that up. */
function killLater(path: string, milliseconds: number, done: () => void): () => void {
  const timer = setTimeout(() => {
    const report = readReport(path)
    if (report === null) return
    done()
    process.kill(report.pid, 'SIGKILL')
  }, milliseconds)
  return () => clearTimeout(timer)
}

/** Trains into `folder` with these arguments, until the end or until the process is killed. */
export function trainUntil(folder: string, args: readonly string[], kill: Kill | null): Promise<Ended> {
  const report = `${folder}.report.json`
  rmSync(report, { force: true })
  const plan = { folder, report, ...(kill?.by === 'operation' ? kill : {}) }
  const env = { ...process.env, LAB_TORTURE: JSON.stringify(plan), NODE_OPTIONS: `--import ${killer}` }
  const began = performance.now()
  const command = [script, 'train', '--out', folder, '--untuned', '--no-cache', '--unchecked', ...args]
  const child = spawn(process.execPath, command, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text: Buffer) => {
      output = (output + text.toString()).slice(-4000)
    })
  }
  let killedAt: string | null = null
  const stopTimer =
    kill?.by === 'time'
      ? killLater(report, kill.milliseconds, () => {
          killedAt = `after ${kill.milliseconds} ms`
        })
      : () => {}
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      stopTimer()
      const found = readReport(report)
      const killed = found?.killed ?? (code === 0 ? null : killedAt)
      const milliseconds = performance.now() - began
      resolve({ code: killed === null ? code : null, killed, operations: found?.operations ?? 0, milliseconds, output })
    })
  })
}

function filesBelow(folder: string, root = folder): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    return statSync(path).isDirectory() ? filesBelow(path, root) : [relative(root, path).split('\\').join('/')]
  })
}

export const readFolder = (folder: string): RunBytes =>
  new Map(filesBelow(folder).map((path) => [path, new Uint8Array(readFileSync(join(folder, path)))]))

/** Whether a folder has a state to resume from. */
export function hasPoint(folder: string): boolean {
  const path = join(folder, 'resume', 'points.json')
  return existsSync(path) || existsSync(join(folder, 'resume', 'momentum.safetensors'))
}

/** Removes a run, as a user does who begins again, and makes room for the next one. */
export function clear(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(join(folder, '..'), { recursive: true })
}
