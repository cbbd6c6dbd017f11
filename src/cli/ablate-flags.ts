/** The flags of `ablate`, and what its forms have in common. */
import { type AblationMode, sitesIn } from '../measure/ablation.ts'
import type { Network } from '../measure/evaluate.ts'
import { measureUnits, type Units } from '../measure/units.ts'
import { choices, named, UsageError } from './arguments.ts'
import { type Checkpoint, checkpointFlags, type MeasuredRun, type RunFiles } from './measured-run.ts'
import type { RunTable } from './run-table.ts'
import { occasionally, say } from './terminal.ts'

const string = { type: 'string' } as const
const boolean = { type: 'boolean' } as const

export const ablateFlags = {
  ...checkpointFlags,
  units: string,
  curves: boolean,
  single: boolean,
  mode: string,
  module: string,
  order: string,
  draws: string,
  points: string,
  sample: string,
} as const

type Flags = typeof ablateFlags

export type AblateFlags = { readonly [K in keyof Flags]?: Flags[K]['type'] extends 'boolean' ? boolean : string }

export function modeOf({ mode }: AblateFlags): AblationMode {
  const [chosen, second] = choices(mode, 'mode', ['zero', 'mean'] as const, ['zero'])
  if (second) throw new UsageError(`invalid --mode: ${mode} (zero or mean)`)
  return chosen
}

/** The modules that are named, or all. Throws UsageError. */
export function modulesOf({ sites }: RunFiles, { module }: AblateFlags): string[] {
  const all = [...new Set(sites.map((site) => site.module))]
  const chosen = module?.split(',').map((name) => name.trim()) ?? all
  for (const name of chosen) named(() => sitesIn(sites, name))
  return chosen
}

/** Selectivity, preferred classes and means of all units on the probe set. */
export const probedUnits = (run: MeasuredRun, network: Network): Promise<Units> =>
  measureUnits(network, run.sites, run.reader.probe(), { top: 1, signal: run.signal })

/** How far the ablation of a checkpoint is, and how long the rest will take. */
export function ablationProgress({ file }: Checkpoint): (done: number, total: number) => void {
  const tell = occasionally(2000)
  const began = Date.now()
  return (done, total) =>
    tell(() => {
      const left = ((Date.now() - began) / 1000) * (total / done - 1)
      return `${file}: ${((100 * done) / total).toFixed(0)} % ablated, ${left < 90 ? `${Math.round(left)} s` : `${Math.round(left / 60)} min`} left`
    })
}

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
