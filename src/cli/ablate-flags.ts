/** Checks the flags of `ablate`. */
import { type AblationMode, sitesIn } from '../measure/ablation.ts'
import { asUsageError, choices, UsageError } from './arguments.ts'
import type { ablateFlags, ValuesOf } from './flags.ts'
import type { RunDescription } from './run-description.ts'

export type AblateFlags = ValuesOf<typeof ablateFlags>

/** `--mode`, else `zero`. Throws UsageError. */
export function modeOf({ mode }: AblateFlags): AblationMode {
  const [chosen, second] = choices(mode, 'mode', ['zero', 'mean'] as const, ['zero'])
  if (second) throw new UsageError(`invalid --mode: ${mode} (zero or mean)`)
  return chosen
}

/** The modules of `--module`, else all of the network. Throws UsageError. */
export function modulesOf(
  { sites }: Pick<RunDescription, 'sites'>,
  { module }: Pick<AblateFlags, 'module'> = {},
): string[] {
  const all = [...new Set(sites.map((site) => site.module))]
  const chosen = module?.split(',').map((name) => name.trim()) ?? all
  for (const name of chosen) asUsageError(() => sitesIn(sites, name))
  return chosen
}
