/** The flags of `ablate`. */
import { type AblationMode, sitesIn } from '../measure/ablation.ts'
import { choices, named, UsageError } from './arguments.ts'
import { checkpointFlags, type RunFiles } from './run-files.ts'

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

/** `--mode`, else `zero`. Throws UsageError. */
export function modeOf({ mode }: AblateFlags): AblationMode {
  const [chosen, second] = choices(mode, 'mode', ['zero', 'mean'] as const, ['zero'])
  if (second) throw new UsageError(`invalid --mode: ${mode} (zero or mean)`)
  return chosen
}

/** The modules of `--module`, else all of the network. Throws UsageError. */
export function modulesOf({ sites }: Pick<RunFiles, 'sites'>, { module }: Pick<AblateFlags, 'module'> = {}): string[] {
  const all = [...new Set(sites.map((site) => site.module))]
  const chosen = module?.split(',').map((name) => name.trim()) ?? all
  for (const name of chosen) named(() => sitesIn(sites, name))
  return chosen
}
