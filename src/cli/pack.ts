/** `pack DIR… --out FILE.zip`: writes runs as one small zip that the page can open. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf } from '../message.ts'
import { bundleRuns, type FolderRun, runFolders } from '../runs/bundle.ts'
import { compacted } from '../runs/library.ts'
import { append, createRun } from '../runs/reduce.ts'
import { type MeasuredTexts, measuredTables, tableFiles, tables } from '../runs/tables.ts'
import { parseArgsWithPaths, required, UsageError } from './arguments.ts'
import { type FoundFolder, findRuns } from './experiment-runs.ts'
import { packFlags } from './flags.ts'
import { readEvents } from './read-events.ts'
import { print, say } from './terminal.ts'
import { writeResult } from './write-result.ts'

const textsOf = (folder: string): MeasuredTexts =>
  Object.fromEntries(
    measuredTables.flatMap((name) => {
      const path = join(folder, tables[name].file)
      return existsSync(path) ? [[name, readFileSync(path, 'utf8')]] : []
    }),
  )

/** Reads a run into a list of one. A run that cannot be read gives a warning and an empty list. */
function readRun({ folder, name }: FoundFolder): Omit<FolderRun, 'folder'>[] {
  try {
    const run = createRun(name)
    for (const event of compacted(readEvents(join(folder, 'events.jsonl')))) append(run, event)
    if (!run.start) throw new Error('events.jsonl has no start event, so the run did not begin')
    return [{ run, measured: tableFiles(textsOf(folder)) }]
  } catch (error) {
    say(`Warning: ${folder} is skipped: ${messageOf(error)}`)
    return []
  }
}

async function* packed(runs: readonly Omit<FolderRun, 'folder'>[]): AsyncGenerator<FolderRun> {
  const names = runFolders(runs.map(({ run }) => run.id))
  for (const [i, run] of runs.entries()) yield { folder: names[i], ...run }
}

export async function pack(args: string[]): Promise<number> {
  const { values, positionals } = parseArgsWithPaths(args, packFlags)
  const out = required(values.out, 'out')
  const runs = findRuns(positionals).flatMap(readRun)
  if (runs.length === 0) throw new UsageError('none of these runs could be read')
  const zip = Buffer.from(await (await bundleRuns(packed(runs))).arrayBuffer())
  writeResult(out, zip)
  print(`${out}: ${runs.length} ${runs.length === 1 ? 'run' : 'runs'}, ${(zip.length / 1000).toFixed(0)} kB`)
  return 0
}
