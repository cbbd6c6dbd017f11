/** `ablate --run DIR (--units LIST | --curves | --single) …` */
import { type OpenedRun, withNetwork } from '../analysis/open-run.ts'
import { probedUnits } from '../analysis/probed-units.ts'
import { ablationOf, replacementOf, type UnitSet } from '../measure/ablation.ts'
import { type Evaluation, evaluate } from '../measure/evaluate.ts'
import { curves } from './ablate-curves.ts'
import { type AblateFlags, modeOf } from './ablate-flags.ts'
import { single } from './ablate-single.ts'
import { asUsageError, parseFlags, UsageError } from './arguments.ts'
import { ablateFlags } from './flags.ts'
import { openForMeasuring, withWarning } from './open-run.ts'
import { type Checkpoint, type RunDescription, readRun } from './run-description.ts'
import { print } from './terminal.ts'
import { wholeCheckpoints } from './whole-checkpoints.ts'

/** Parses `layer2.0:0,3,5;layer4.0:1`. Throws UsageError. */
export function parseUnits(text: string): UnitSet {
  const parts = text.split(';').filter((part) => part.trim() !== '')
  if (parts.length === 0)
    throw new UsageError('invalid --units: it names no unit (for instance layer2.0:0,3,5;layer4.0:1)')
  const units = new Map<string, number[]>()
  for (const part of parts) {
    const [, site, list] = /^\s*([^:\s]+)\s*:\s*(\d+(?:\s*,\s*\d+)*)\s*$/.exec(part) ?? []
    if (!site) throw new UsageError(`invalid --units: ${part} (for instance layer2.0:0,3,5;layer4.0:1)`)
    units.set(site, [...(units.get(site) ?? []), ...list.split(',').map(Number)])
  }
  return units
}

const shown = ({ loss, crossEntropy, top1, top5 }: Evaluation) => ({ loss, crossEntropy, top1, top5 })

const text = (name: string, { loss, top1, top5 }: Evaluation) =>
  `${name}: loss ${loss}, top-1 ${(100 * top1).toFixed(2)} %, top-5 ${(100 * top5).toFixed(2)} %`

/** The network as it is, and with the units ablated. */
const compared = (run: OpenedRun, checkpoint: Checkpoint, units: UnitSet, mode: 'zero' | 'mean') =>
  withNetwork(run, checkpoint, async (network) => {
    const how = mode === 'mean' ? replacementOf(mode, await probedUnits(run, network)) : { mode }
    const baseline = await evaluate(network, run.heldOut.batches())
    const ablated = await evaluate(network, run.heldOut.batches(), ablationOf(run.sites, units, how))
    return { baseline, ablated }
  })

async function chosenUnits(files: RunDescription, values: AblateFlags, list: string): Promise<number> {
  const several = (['all-checkpoints', 'epochs'] as const).find((name) => values[name])
  if (several) throw new UsageError(`--${several} does not go with --units`)
  const units = parseUnits(list)
  const mode = modeOf(values)
  // Reports unknown sites and units before anything is opened.
  asUsageError(() => ablationOf(files.sites, units, { mode: 'zero' }))
  const [checkpoint] = await wholeCheckpoints(files, values)
  await using run = await openForMeasuring(files, [checkpoint], values)
  const { baseline, ablated } = await compared(run, checkpoint, units, mode)
  if (values.json) print(JSON.stringify(withWarning(run, { baseline: shown(baseline), ablated: shown(ablated) })))
  else print(`${text('whole network', baseline)}\n${text('ablated', ablated)}`)
  return 0
}

export async function ablate(args: string[]): Promise<number> {
  const { values } = parseFlags(args, ablateFlags)
  const files = readRun(values)
  const chosen = [values.units !== undefined, values.curves, values.single].filter(Boolean).length
  if (chosen !== 1) throw new UsageError('ablate needs one of --units LIST, --curves and --single')
  if (values.units !== undefined) return chosenUnits(files, values, values.units)
  return values.curves ? curves(files, values) : single(files, values)
}
