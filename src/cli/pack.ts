/** `pack DIR… --out FILE.zip`: writes runs as one small zip that the page can open. */
import { bundleRuns, type FolderRun } from '../runs/bundle.ts'
import { runFolders } from '../runs/run-folders.ts'
import { type MeasuredTexts, measuredTables, tableFiles, tables } from '../runs/tables.ts'
import { parseArgsWithPaths, required, UsageError } from './arguments.ts'
import { orSkipped, reduced } from './experiment-runs.ts'
import { type FoundRun, findRuns } from './find-runs.ts'
import { packFlags } from './flags.ts'
import { print } from './terminal.ts'
import { writeResult } from './write-result.ts'

async function textsOf({ files }: FoundRun): Promise<MeasuredTexts> {
  const texts: [string, string][] = []
  for (const name of measuredTables) {
    const file = await files.read(tables[name].file)
    if (file) texts.push([name, await file.text()])
  }
  return Object.fromEntries(texts)
}

type PackedRun = Omit<FolderRun, 'folder'>

const readRun = async (found: FoundRun): Promise<PackedRun> => ({
  run: await reduced(found),
  measured: tableFiles(await textsOf(found)),
})

async function* packed(runs: readonly PackedRun[]): AsyncGenerator<FolderRun> {
  const names = runFolders(runs.map(({ run }) => run.id))
  for (const [i, run] of runs.entries()) yield { folder: names[i], ...run }
}

export async function pack(args: string[]): Promise<number> {
  const { values, positionals } = parseArgsWithPaths(args, packFlags)
  const out = required(values.out, 'out')
  await using found = await findRuns(positionals)
  const runs: PackedRun[] = []
  for (const run of found.runs) runs.push(...(await orSkipped(run, () => readRun(run))))
  if (runs.length === 0) throw new UsageError('none of these runs could be read')
  const zip = Buffer.from(await (await bundleRuns(packed(runs))).arrayBuffer())
  writeResult(out, zip)
  print(`${out}: ${runs.length} ${runs.length === 1 ? 'run' : 'runs'}, ${(zip.length / 1000).toFixed(0)} kB`)
  return 0
}
