/** The flags of `ablate`, and what its forms have in common. */
import { type AblationMode, sitesIn } from '../measure/ablation.ts'
import type { Network } from '../measure/evaluate.ts'
import { measureUnits, type Units } from '../measure/units.ts'
import { asUsageError, choices, UsageError } from './arguments.ts'
import type { ablateFlags, ValuesOf } from './flags.ts'
import type { Checkpoint, MeasuredRun, RunFiles } from './measured-run.ts'
import type { Progress } from './progress.ts'
import type { RunTable } from './run-table.ts'
import { progress, say } from './terminal.ts'

export type AblateFlags = ValuesOf<typeof ablateFlags>

export function modeOf({ mode }: AblateFlags): AblationMode {
  const [chosen, second] = choices(mode, 'mode', ['zero', 'mean'] as const, ['zero'])
  if (second) throw new UsageError(`invalid --mode: ${mode} (zero or mean)`)
  return chosen
}

/** The modules that are named, or all. Throws UsageError. */
export function modulesOf({ sites }: RunFiles, { module }: AblateFlags): string[] {
  const all = [...new Set(sites.map((site) => site.module))]
  const chosen = module?.split(',').map((name) => name.trim()) ?? all
  for (const name of chosen) asUsageError(() => sitesIn(sites, name))
  return chosen
}

/** Selectivity, preferred classes and means of all units on the probe set. */
export const probedUnits = (run: MeasuredRun, network: Network): Promise<Units> =>
  measureUnits(network, run.sites, run.reader.probe(), { top: 1, signal: run.signal })

/** Shows the progress of a checkpoint's ablation. */
export const ablationProgress = ({ file }: Checkpoint): Progress => progress({ label: `Ablating ${file}` })

/** Runs a measurement that fills a table; one that is stopped says how to go on. */
export async function resumable(table: RunTable, signal: AbortSignal, work: () => Promise<void>): Promise<number> {
  try {
    await work()
    say(`Written: ${table.path}`)
    return 0
  } catch (error) {
    if (!signal.aborted) throw error
    say(`Stopped; what was measured is in ${table.path}, and the same command goes on from there.`)
    return 1
  } finally {
    table.save()
  }
}
