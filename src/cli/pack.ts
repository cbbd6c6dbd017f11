/** `pack DIR… --out FILE.zip`: runs as one zip that the page reads; small enough to be sent. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundleRuns, type FolderRun, runFolders } from '../runs/bundle.ts'
import { compacted } from '../runs/library.ts'
import { append, createRun } from '../runs/reduce.ts'
import { type MeasuredTexts, measuredTables, tableFiles, tables } from '../runs/tables.ts'
import { folders, required } from './arguments.ts'
import { type FoundFolder, findRuns } from './experiment-runs.ts'
import { readEvents, replaceFile } from './run-folder.ts'
import { print } from './terminal.ts'

const textsOf = (folder: string): MeasuredTexts =>
  Object.fromEntries(
    measuredTables.flatMap((name) => {
      const path = join(folder, tables[name].file)
      return existsSync(path) ? [[name, readFileSync(path, 'utf8')]] : []
    }),
  )

async function* packed(found: readonly FoundFolder[]): AsyncGenerator<FolderRun> {
  const names = runFolders(found.map(({ name }) => name))
  for (const [i, { folder, name }] of found.entries()) {
    const run = createRun(name)
    for (const event of compacted(readEvents(join(folder, 'events.jsonl')))) append(run, event)
    yield { folder: names[i], run, measured: tableFiles(textsOf(folder)) }
  }
}

export async function pack(args: string[]): Promise<number> {
  const { values, positionals } = folders(args, { out: { type: 'string' } })
  const out = required(values.out, 'out')
  const found = findRuns(positionals)
  const zip = Buffer.from(await (await bundleRuns(packed(found))).arrayBuffer())
  replaceFile(out, zip)
  print(`${out}: ${found.length} ${found.length === 1 ? 'run' : 'runs'}, ${(zip.length / 1000).toFixed(0)} kB`)
  return 0
}
