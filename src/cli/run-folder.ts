/** Writes a run's folder as its events come, and takes one up again. */
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { parseSafetensors } from '../model/safetensors.ts'
import type { Environment, GraphReport } from '../protocol/environment.ts'
import type { RecordedEvent } from '../protocol/run-events.ts'
import {
  environmentFile,
  eventLine,
  metricsHeader,
  metricsRow,
  selectivityHeader,
  selectivityRows,
} from '../runs/files.ts'
import type { Resume } from '../train/train.ts'
import { readInput, UsageError } from './arguments.ts'

export interface RunFolder {
  readonly record: (event: RecordedEvent) => void
  readonly save: (file: string, bytes: Uint8Array) => Promise<void>
  readonly saveMomentum: (bytes: Uint8Array) => Promise<void>
  readonly close: () => void
}

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`

/** Writes beside and renames, so that an interruption leaves the old file or the new one. */
export function replaceFile(path: string, bytes: Uint8Array): void {
  writeFileSync(`${path}.part`, bytes)
  renameSync(`${path}.part`, path)
}

const momentumPath = (folder: string) => join(folder, 'resume', 'momentum.safetensors')

/** Opens a folder for a new run, or behind the kept events of an earlier one. Throws UsageError when it holds a run already. */
export function openRunFolder(folder: string, kept: readonly RecordedEvent[] = []): RunFolder {
  if (kept.length === 0 && existsSync(join(folder, 'events.jsonl'))) {
    throw new UsageError(`${folder} holds a run already; choose another --out, or add --resume to go on with it`)
  }
  for (const inner of ['checkpoints', 'resume']) mkdirSync(join(folder, inner), { recursive: true })
  const open = (name: string, header: string) => {
    const file = openSync(join(folder, name), 'w')
    writeSync(file, header)
    return file
  }
  const files = {
    events: open('events.jsonl', ''),
    metrics: open('metrics.csv', metricsHeader),
    selectivity: open('selectivity.csv', selectivityHeader),
  }
  const write = (event: RecordedEvent) => {
    writeSync(files.events, eventLine(event))
    const metrics = metricsRow(event)
    if (metrics) writeSync(files.metrics, metrics)
    if (event.type === 'probe') writeSync(files.selectivity, selectivityRows(event))
  }
  for (const event of kept) write(event)
  const graphs = new Map<string, GraphReport>()
  let environment: Environment | undefined
  const writeEnvironment = () => {
    if (environment) writeFileSync(join(folder, 'environment.json'), json(environmentFile(environment, graphs)))
  }
  return {
    record: (event) => {
      if (event.type === 'start') {
        environment = event.environment
        writeFileSync(join(folder, 'config.json'), json(event.config))
        writeEnvironment()
      }
      if (event.type === 'graph') {
        graphs.set(event.graph.name, event.graph)
        writeEnvironment()
      }
      write(event)
    },
    save: async (file, bytes) => replaceFile(join(folder, 'checkpoints', file), bytes),
    saveMomentum: async (bytes) => replaceFile(momentumPath(folder), bytes),
    close: () => {
      for (const file of Object.values(files)) closeSync(file)
    },
  }
}

export function readEvents(path: string): RecordedEvent[] {
  const lines = readInput(path, 'event log').toString('utf8').split('\n')
  // A run that was cut off may have left half a line at the end.
  return lines.flatMap((line, i) => {
    if (line === '') return []
    try {
      return [JSON.parse(line) as RecordedEvent]
    } catch {
      if (i === lines.length - 1) return []
      throw new UsageError(`line ${i + 1} of ${path} is no event`)
    }
  })
}

/** Whether a checkpoint was finished in `folder`, from which its run can go on. */
export const canResume = (folder: string): boolean => existsSync(momentumPath(folder))

/** What a run in `folder` needs to go on: its newest full checkpoint, and the events up to it. Throws UsageError. */
export function readResume(folder: string): { resume: Resume; kept: RecordedEvent[] } {
  if (!canResume(folder)) throw new UsageError(`nothing to resume in ${folder}: no checkpoint was finished there`)
  const velocity = parseSafetensors(readFileSync(momentumPath(folder)))
  const step = Number(velocity.metadata.step)
  const file = velocity.metadata.checkpoint
  const weights = parseSafetensors(readInput(join(folder, 'checkpoints', file), 'checkpoint'))
  const events = readEvents(join(folder, 'events.jsonl'))
  const last = events.findLastIndex((event) => event.type === 'checkpoint' && event.file === file)
  if (last < 0) throw new UsageError(`events.jsonl of ${folder} does not mention its checkpoint ${file}`)
  return { resume: { weights, velocity, step }, kept: events.slice(0, last + 1) }
}
