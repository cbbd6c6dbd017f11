/** `inspect SOURCE [--unchecked] [--layout NAME] [--set KEY=VALUE] [--json]` */
import { classOrderTexts } from '../class-order.ts'
import type { DataReport } from '../protocol/data-report.ts'
import { configOf, parseFlags, settingsOf } from './arguments.ts'
import { inspectFlags } from './flags.ts'
import { openImages, splitOf } from './host.ts'
import { interruption, print } from './terminal.ts'

const text = ({
  classes,
  classOrder,
  images,
  unreadable,
  duplicates,
  conflicts = [],
  layout,
  notes,
  fingerprint,
  contents,
}: DataReport): string =>
  [
    `${classes.length} classes, ${images.train} training and ${images.validation} validation images`,
    `classes are ordered ${classOrderTexts[classOrder]}`,
    ...classes.map(
      ({ id, name, train, validation }) => `  ${id}${name === id ? '' : ` (${name})`}: ${train} + ${validation}`,
    ),
    ...unreadable.map(({ path, reason }) => `unreadable: ${path}: ${reason}`),
    ...duplicates.map((paths) => `same image: ${paths.join(', ')}`),
    ...conflicts.map((paths) => `same image in different classes: ${paths.join(', ')}`),
    ...(layout ? [`layout: ${layout.text}`] : []),
    ...notes,
    ...(layout?.ambiguous ? ['choose another layout with --layout NAME'] : []),
    `fingerprint ${fingerprint}`,
    contents === null ? 'contents not read' : `contents ${contents}`,
  ].join('\n')

export async function inspect(args: string[]): Promise<number> {
  const { values, positionals } = parseFlags(args, inspectFlags, ['SOURCE'])
  const options = { signal: interruption(), check: values.unchecked ? 'known' : 'all' } as const
  await using images = await openImages(positionals[0], splitOf(configOf({}, settingsOf(values))), options)
  const { report } = images.set
  print(values.json ? JSON.stringify(report, null, 2) : text(report))
  return 0
}
