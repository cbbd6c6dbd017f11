/** `pack DIR… --out FILE.zip`: writes runs as one small zip that the page can open. */
import { type ExportedRun, zipRuns } from '../runs/export.ts'
import { piecesOf } from '../runs/format/blobs.ts'
import { compactFiles } from '../runs/run-files.ts'
import { runFolders } from '../runs/run-folders.ts'
import { parseArgsWithPaths, required, UsageError } from './arguments.ts'
import { orSkipped } from './experiment-runs.ts'
import { type FoundRun, findRuns } from './find-runs.ts'
import { packFlags } from './flags.ts'
import { print } from './terminal.ts'
import { writePieces } from './write-result.ts'

/** The runs that can be read, in folders of their names. */
async function* packed(runs: readonly FoundRun[], units: boolean): AsyncGenerator<ExportedRun> {
  const folders = runFolders(runs.map(({ name }) => name))
  for (const [i, run] of runs.entries())
    for (const files of await orSkipped(run, () => compactFiles(run.files, run.name, { units })))
      yield { folder: folders[i], name: run.name, files }
}

export async function pack(args: string[]): Promise<number> {
  const { values, positionals } = parseArgsWithPaths(args, packFlags)
  const out = required(values.out, 'out')
  await using found = await findRuns(positionals)
  let count = 0
  async function* counted() {
    for await (const run of packed(found.runs, values.units ?? false)) {
      count++
      yield run
    }
  }
  const zip = await zipRuns(counted(), { checkpoints: false, resume: false, small: true })
  if (count === 0) throw new UsageError('none of these runs could be read')
  await writePieces(out, piecesOf(zip))
  print(`${out}: ${count} ${count === 1 ? 'run' : 'runs'}, ${(zip.size / 1000).toFixed(0)} kB`)
  return 0
}
