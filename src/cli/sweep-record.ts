/** DIR/sweep.json: which workers and adapters trained which steps of the collected runs. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseParts } from '../experiments/queue/parse-job.ts'
import type { Part } from '../experiments/queue/run-job.ts'
import { messageOf } from '../message.ts'
import { isRecord } from '../shape.ts'
import { readJson, UsageError } from './arguments.ts'
import { replaceFile } from './disk.ts'

const sweepName = 'sweep.json'

function entryOf(value: unknown): [string, readonly Part[]] {
  if (!isRecord(value) || typeof value.run !== 'string') throw new Error('a run has no name')
  return [value.run, parseParts(value.parts)]
}

/** The parts of each run by its name; none without the file. Throws UsageError for a damaged file. */
export function readSweep(out: string): Map<string, readonly Part[]> {
  const path = join(out, sweepName)
  if (!existsSync(path)) return new Map()
  const value = readJson(path, 'record of the sweep')
  try {
    if (!isRecord(value) || !Array.isArray(value.runs)) throw new Error('it has no list of runs')
    return new Map(value.runs.map(entryOf))
  } catch (error) {
    throw new UsageError(`cannot use ${path}: ${messageOf(error)}; remove it`)
  }
}

export function writeSweep(out: string, parts: ReadonlyMap<string, readonly Part[]>): void {
  const runs = [...parts].map(([run, own]) => ({ run, parts: own }))
  replaceFile(join(out, sweepName), `${JSON.stringify({ runs }, null, 2)}\n`)
}
