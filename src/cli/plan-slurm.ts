/** `plan NAME|FILE --out DIR --slurm SCRIPT`: writes the plan and a job array whose tasks train and measure its runs. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PlanError, type PlannedRun } from '../experiments/plan.ts'
import { UsageError } from './arguments.ts'
import { replaceFile } from './disk.ts'
import { createFolder } from './folder.ts'
import { computing, type PlanValues } from './plan-flags.ts'
import { arrayScript, mark } from './slurm-script.ts'
import { say } from './terminal.ts'

/** The number of tasks that SLURM allows in an array unless its administrator allows more. */
const usualTasks = 1000

/** The program of this command line: Node with the project's script, or the script of the bundle. */
function ownProgram(): string[] {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const script = join(root, 'scripts', 'lab.mjs')
  return existsSync(script) ? [process.execPath, script] : [resolve(root, '..', 'run.sh'), 'lab']
}

function programOf(path: string | undefined): string[] {
  if (path === undefined) return ownProgram()
  if (statSync(path, { throwIfNoEntry: false })?.isFile()) return [resolve(path), 'lab']
  throw new UsageError(`invalid --program: ${path} (the file run.sh of a bundle; npm run bench -- pack makes one)`)
}

/** Throws UsageError for a file that this command did not write. */
function requireReplaceable(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false })
  if (!found) return
  if (found.isFile() && readFileSync(path, 'utf8').split('\n', 2)[1] === mark) return
  throw new UsageError(`${path} exists and is no job array of this command; choose another file for --slurm`)
}

/** Throws UsageError for flags that do not go with `--slurm` or its absence. */
export function requireArrayFlags(values: PlanValues): void {
  const { slurm, program, run, estimate, gpu } = values
  if (slurm === undefined) {
    if (program !== undefined) throw new UsageError('--program goes only with --slurm')
    if (run !== undefined && estimate) throw new UsageError('--run does not go with --estimate')
    return
  }
  if (slurm === '') throw new UsageError('--slurm needs the name of the script to write')
  if (run !== undefined) throw new UsageError('--run does not go with --slurm: each task has its own run')
  if (estimate) throw new UsageError('--estimate does not go with --slurm: use it first')
  if (gpu !== undefined) throw new UsageError('--gpu does not go with --slurm: SLURM gives each task its GPU')
  requireReplaceable(slurm)
  programOf(program)
}

/** Writes the job array of a plan whose plan.json is in `out`. Returns the absolute path of the script. */
export function writeArray(plan: string, runs: readonly PlannedRun[], out: string, values: PlanValues): string {
  const path = resolve(values.slurm ?? '')
  createFolder(dirname(path))
  const text = arrayScript({
    plan,
    runs: runs.map(({ name }) => name),
    program: programOf(values.program),
    out: resolve(out),
    folder: process.cwd(),
    flags: computing.filter((flag) => values[flag]).map((flag) => `--${flag}`),
  })
  replaceFile(path, text)
  if (runs.length > usualTasks) {
    say(
      `Warning: the array has ${runs.length} tasks, and SLURM usually allows ${usualTasks} (scontrol show config | grep MaxArraySize). Where it refuses the script, make several plans with --seeds or --arms.`,
    )
  }
  return path
}

/** The run of a plan with this name, `ARM/seed-N`. Throws PlanError. */
export function runNamed(runs: readonly PlannedRun[], name: string): PlannedRun {
  const found = runs.find((run) => run.name === name)
  if (found) return found
  const [few, more] = [runs.slice(0, 5).map((run) => run.name), runs.length > 5 ? ', …' : '']
  throw new PlanError(`unknown run: ${name} (have ${few.join(', ')}${more})`)
}
