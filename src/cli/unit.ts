/** `unit --run DIR --unit SITE:UNIT [--top N] [--mode zero|mean] [--checkpoint FILE] [--data SOURCE] [--json]` */
import { type OpenedRun, withNetwork } from '../analysis/open-run.ts'
import { probedUnits } from '../analysis/probed-units.ts'
import { type AblationMode, ablationOf, replacementOf, type UnitSet } from '../measure/ablation.ts'
import { type UnitEffect, unitEffects } from '../measure/unit-effects.ts'
import type { UnitProfile } from '../measure/units.ts'
import { parseUnits } from './ablate.ts'
import { modeOf } from './ablate-flags.ts'
import { asUsageError, parseFlags, required, UsageError, wholeNumber } from './arguments.ts'
import { unitFlags } from './flags.ts'
import { openForMeasuring, withWarning } from './open-run.ts'
import { type Checkpoint, readRun } from './run-description.ts'
import { print } from './terminal.ts'
import { wholeCheckpoints } from './whole-checkpoints.ts'

/** Parses `layer2.0:3`. Throws UsageError. */
function parseUnit(text: string): { site: string; unit: number } {
  const [[site, units], more] = parseUnits(text)
  if (more || units.length !== 1) throw new UsageError(`invalid --unit: ${text} (one unit, for instance layer2.0:3)`)
  return { site, unit: units[0] }
}

/**
 * The result, with the content of the inspector. Classes have their ids; images have their position in the validation
 * split and, where they are files, their path.
 */
function shown(run: OpenedRun, profile: UnitProfile, effect: UnitEffect, mode: AblationMode) {
  const { labels, file } = run.set.validation
  const { probeIndices } = run.reader
  const { tuning, preferredClass, top, ...rest } = profile
  const { loss, top1, top5, preferredTop1, lossIncrease, top1Drop, preferredTop1Drop } = effect
  return {
    ...rest,
    preferredClass: run.classes[preferredClass],
    tuning: tuning.map((mean, c) => ({ class: run.classes[c], mean })),
    top: top.map(({ image, activation }) => ({
      image: probeIndices[image],
      path: file?.(probeIndices[image]).path ?? null,
      class: run.classes[labels[probeIndices[image]]],
      activation,
    })),
    ablation: { mode, loss, top1, top5, preferredTop1, lossIncrease, top1Drop, preferredTop1Drop },
  }
}

/** A change with its sign. */
const signed = (value: number) => `${value < 0 ? '−' : '+'}${Math.abs(value)}`

function text({ site, unit, selectivity, preferredClass, tuning, top, ablation }: ReturnType<typeof shown>): string {
  const classes = [...tuning].sort((a, b) => b.mean - a.mean).slice(0, 5)
  return [
    `${site}:${unit}: selectivity ${selectivity}, prefers ${preferredClass}`,
    `  class means: ${classes.map((entry) => `${entry.class} ${entry.mean.toPrecision(4)}`).join(', ')}`,
    `  most activating validation images: ${top.map(({ image, ...of }) => `${image} (${of.class})`).join(', ')}`,
    `  ablated: loss ${ablation.loss} (${signed(ablation.lossIncrease)}), top-1 ${ablation.top1} (${signed(-ablation.top1Drop)})`,
  ].join('\n')
}

/** Returns the unit's profile on the probe set, and the effect of ablating it on the validation images. */
const measured = (run: OpenedRun, checkpoint: Checkpoint, units: UnitSet, top: number, mode: AblationMode) =>
  withNetwork(run, checkpoint, async (network) => {
    const probed = await probedUnits(run, network, top)
    const request = { ...replacementOf(mode, probed), ...probed, units }
    const effects: UnitEffect[] = []
    for await (const effect of unitEffects(network, run.heldOut, request, { signal: run.signal })) effects.push(effect)
    const [effect] = effects
    return { effect, profile: probed.profile(effect.site, effect.unit) }
  })

export async function unit(args: string[]): Promise<number> {
  const { values } = parseFlags(args, unitFlags)
  const files = readRun(values)
  const chosen = parseUnit(required(values.unit, 'unit'))
  const units = new Map([[chosen.site, [chosen.unit]]])
  asUsageError(() => ablationOf(files.sites, units, { mode: 'zero' }))
  const mode = modeOf(values)
  const top = wholeNumber(values.top, 'top', 1, 9)
  const [checkpoint] = await wholeCheckpoints(files, values)
  await using run = await openForMeasuring(files, [checkpoint], values)
  const { profile, effect } = await measured(run, checkpoint, units, top, mode)
  const found = shown(run, profile, effect, mode)
  print(values.json ? JSON.stringify(withWarning(run, found)) : text(found))
  return 0
}
