/** `tensorboard RUN --out DIR`: writes the records of runs as TensorBoard event files. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { RunError } from '../runs/format/run-error.ts'
import { runFolders } from '../runs/run-folders.ts'
import { eventFile, eventFileName, type Tally } from '../runs/tensorboard/event-file.ts'
import { parseFlags, required, UsageError } from './arguments.ts'
import { isPart } from './disk.ts'
import { type FoundRun, findRuns } from './find-runs.ts'
import { tensorboardFlags } from './flags.ts'
import { createFolder, removeEmpty } from './folder.ts'
import { openRun } from './read-run.ts'
import { print, say } from './terminal.ts'
import { writePieces } from './write-result.ts'

interface Target {
  readonly run: FoundRun
  readonly folder: string
}

interface Written extends Tally {
  readonly run: string
  readonly file: string
}

/** TensorBoard would draw the curves of two event files in one folder as one. Throws UsageError. */
function refuseEventFiles(folder: string): void {
  const there = existsSync(folder)
    ? readdirSync(folder).find((name) => name.includes('tfevents') && !isPart(name))
    : null
  if (there) throw new UsageError(`${join(folder, there)} already exists; remove it, or choose another --out`)
}

async function write({ run, folder }: Target): Promise<Written> {
  const tally: Tally = { scalars: 0, histograms: 0 }
  const reader = await openRun(run)
  const created = createFolder(folder)
  const file = join(folder, eventFileName)
  try {
    await writePieces(file, eventFile(reader, tally))
  } catch (error) {
    removeEmpty(created)
    throw error
  }
  if (tally.histograms === 0)
    say(`${run.name}: the record has no selectivity of single units, so there are no histograms.`)
  return { run: run.name, file, ...tally }
}

/** What is wrong with the record of a run. Throws other errors, such as those of the disk, again. */
function problemOf({ name }: FoundRun, error: unknown): string {
  if (error instanceof RunError) return error.message
  if (error instanceof RangeError) return `${name}: ${error.message}`
  throw error
}

/** Writes the runs; one that cannot be read gives a warning, or throws UsageError where it is the only one. */
async function writeAll(targets: readonly Target[]): Promise<Written[]> {
  const written: Written[] = []
  for (const target of targets) {
    try {
      written.push(await write(target))
    } catch (error) {
      const problem = problemOf(target.run, error)
      if (targets.length === 1) throw new UsageError(problem)
      say(`Warning: a run is skipped: ${problem}`)
    }
  }
  if (written.length === 0) throw new UsageError('none of these runs could be read; the warnings say why')
  return written
}

const line = ({ file, scalars, histograms }: Written) =>
  `${file}: ${scalars.toLocaleString('en')} scalars, ${histograms.toLocaleString('en')} histograms`

export async function tensorboard(args: string[]): Promise<number> {
  const { values, positionals } = parseFlags(args, tensorboardFlags, ['a run folder, a folder of runs, or a zip'])
  const out = required(values.out, 'out')
  await using found = await findRuns(positionals)
  const folders = runFolders(found.runs.map(({ name }) => name))
  const targets = found.runs.map((run, i) => ({ run, folder: join(out, folders[i]) }))
  for (const { folder } of targets) refuseEventFiles(folder)
  const written = await writeAll(targets)
  print(values.json ? JSON.stringify({ runs: written }, null, 2) : written.map(line).join('\n'))
  return 0
}
