/** `unit --run DIR --unit SITE:UNIT [--top N] [--mode zero|mean] [--checkpoint FILE] [--data SOURCE] [--json]` */
import { type AblationMode, ablationOf, replacementOf } from '../measure/ablation.ts'
import { type UnitEffect, unitEffects } from '../measure/unit-effects.ts'
import { measureUnits, type UnitProfile } from '../measure/units.ts'
import { parseUnits } from './ablate.ts'
import { modeOf } from './ablate-flags.ts'
import { asUsageError, parseFlags, required, UsageError, wholeNumber } from './arguments.ts'
import { unitFlags } from './flags.ts'
import { chosenCheckpoints, type MeasuredRun, openRun, readRun, withNetwork } from './measured-run.ts'
import { print } from './terminal.ts'

/** Parses `layer2.0:3`. Throws UsageError. */
function parseUnit(text: string): { site: string; unit: number } {
  const [[site, units], more] = parseUnits(text)
  if (more || units.length !== 1) throw new UsageError(`invalid --unit: ${text} (one unit, for instance layer2.0:3)`)
  return { site, unit: units[0] }
}

/** What the inspector shows: classes by id, images by their position among the held-out images and, of files, their path. */
function shown(run: MeasuredRun, profile: UnitProfile, effect: UnitEffect, mode: AblationMode) {
  const { labels, file } = run.set.validation
  const probed = run.reader.probeIndices
  const { tuning, preferredClass, top, ...rest } = profile
  const { loss, top1, top5, preferredTop1, lossIncrease, top1Drop, preferredTop1Drop } = effect
  return {
    ...rest,
    preferredClass: run.classes[preferredClass],
    tuning: tuning.map((mean, c) => ({ class: run.classes[c], mean })),
    top: top.map(({ image, activation }) => ({
      image: probed[image],
      path: file?.(probed[image]).path ?? null,
      class: run.classes[labels[probed[image]]],
      activation,
    })),
    ablation: { mode, loss, top1, top5, preferredTop1, lossIncrease, top1Drop, preferredTop1Drop },
  }
}

function text({ site, unit, selectivity, preferredClass, tuning, top, ablation }: ReturnType<typeof shown>): string {
  const classes = [...tuning].sort((a, b) => b.mean - a.mean).slice(0, 5)
  return [
    `${site}:${unit}: selectivity ${selectivity}, prefers ${preferredClass}`,
    `  class means: ${classes.map((entry) => `${entry.class} ${entry.mean.toPrecision(4)}`).join(', ')}`,
    `  most activating held-out images: ${top.map(({ image, ...of }) => `${image} (${of.class})`).join(', ')}`,
    `  ablated: loss ${ablation.loss} (+${ablation.lossIncrease}), top-1 ${ablation.top1} (−${ablation.top1Drop})`,
  ].join('\n')
}

export async function unit(args: string[]): Promise<number> {
  const { values } = parseFlags(args, unitFlags)
  const files = readRun(values)
  const chosen = parseUnit(required(values.unit, 'unit'))
  const units = new Map([[chosen.site, [chosen.unit]]])
  asUsageError(() => ablationOf(files.sites, units, { mode: 'zero' }))
  const mode = modeOf(values)
  const top = wholeNumber(values.top, 'top', 1, 9)
  const [checkpoint] = chosenCheckpoints(files, values)
  const run = await openRun(files, values)
  const { signal } = run
  await withNetwork(run, checkpoint, async (network) => {
    const probed = await measureUnits(network, run.sites, run.reader.probe(), { top, signal })
    const request = { ...replacementOf(mode, probed), ...probed, units }
    for await (const effect of unitEffects(network, run.images, request, { signal })) {
      const found = shown(run, probed.profile(chosen.site, chosen.unit), effect, mode)
      print(values.json ? JSON.stringify(found) : text(found))
    }
  })
  return 0
}
