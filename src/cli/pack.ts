/** `pack DIR… --out FILE.zip`: writes runs as one small zip that the page can open. */
import { type ExportedRun, zipRuns } from '../runs/export.ts'
import { piecesOf } from '../runs/format/blobs.ts'
import { compactFiles } from '../runs/run-files.ts'
import { runFolders } from '../runs/run-folders.ts'
import { parseArgsWithPaths, required, UsageError } from './arguments.ts'
import { orSkipped } from './experiment-runs.ts'
import { type FoundRun, findRuns } from './find-runs.ts'
import { packFlags } from './flags.ts'
import { lastEvent } from './read-run.ts'
import { print } from './terminal.ts'
import { writePieces } from './write-result.ts'

async function isFinished({ files, name }: FoundRun): Promise<boolean> {
  const last = await lastEvent(files, name)
  return last?.type === 'end' && last.reason === 'finished'
}

interface Packing {
  readonly hasUnits: (name: string) => boolean
  readonly onlyFinished: boolean
}

/** The runs that can be read, in folders of their names. */
async function* packed(runs: readonly FoundRun[], { hasUnits, onlyFinished }: Packing): AsyncGenerator<ExportedRun> {
  const folders = runFolders(runs.map(({ name }) => name))
  for (const [i, run] of runs.entries()) {
    const read = async () =>
      onlyFinished && !(await isFinished(run))
        ? null
        : await compactFiles(run.files, run.name, { units: hasUnits(run.name) })
    for (const files of await orSkipped(run, read)) if (files) yield { folder: folders[i], name: run.name, files }
  }
}

/** Tells whose units are kept. Throws UsageError for a run that was not found. */
function unitsKept(runs: readonly FoundRun[], all: boolean, some: readonly string[]): Packing['hasUnits'] {
  const names = runs.map(({ name }) => name)
  const unknown = some.find((name) => !names.includes(name))
  if (unknown !== undefined) throw new UsageError(`no such run: ${unknown} (have ${names.join(', ')})`)
  return (name) => all || some.includes(name)
}

export async function pack(args: string[]): Promise<number> {
  const { values, positionals } = parseArgsWithPaths(args, packFlags)
  const out = required(values.out, 'out')
  await using found = await findRuns(positionals)
  const { units = false, 'units-of': some = [], finished = false } = values
  const packing = { hasUnits: unitsKept(found.runs, units, some), onlyFinished: finished }
  let count = 0
  async function* counted() {
    for await (const run of packed(found.runs, packing)) {
      count++
      yield run
    }
  }
  const zip = await zipRuns(counted(), { checkpoints: false, resume: false, small: true })
  if (count === 0)
    throw new UsageError(finished ? 'none of these runs has finished' : 'none of these runs could be read')
  await writePieces(out, piecesOf(zip))
  print(`${out}: ${count} ${count === 1 ? 'run' : 'runs'}, ${(zip.size / 1000).toFixed(0)} kB`)
  return 0
}
