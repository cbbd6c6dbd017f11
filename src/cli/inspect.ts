/** `inspect SOURCE [--unchecked] [--json]` */
import { classOrderTexts } from '../class-order.ts'
import { defaultConfig } from '../config/config.ts'
import type { DataReport } from '../protocol/data-report.ts'
import { parseFlags } from './arguments.ts'
import { inspectFlags } from './flags.ts'
import { openImages, splitOf } from './host.ts'
import { interruption, print } from './terminal.ts'

const text = ({
  classes,
  classOrder,
  images,
  unreadable,
  duplicates,
  notes,
  fingerprint,
  contents,
}: DataReport): string =>
  [
    `${classes.length} classes, ${images.train} training and ${images.validation} held-out images`,
    `classes are ordered ${classOrderTexts[classOrder]}`,
    ...classes.map(
      ({ id, name, train, validation }) => `  ${id}${name === id ? '' : ` (${name})`}: ${train} + ${validation}`,
    ),
    ...unreadable.map(({ path, reason }) => `unreadable: ${path}: ${reason}`),
    ...duplicates.map((paths) => `same image: ${paths.join(', ')}`),
    ...notes,
    `fingerprint ${fingerprint}`,
    contents === null ? 'contents not read' : `contents ${contents}`,
  ].join('\n')

export async function inspect(args: string[]): Promise<number> {
  const { values, positionals } = parseFlags(args, inspectFlags, ['SOURCE'])
  const options = { signal: interruption(), unchecked: values.unchecked }
  await using images = await openImages(positionals[0], splitOf(defaultConfig()), options)
  const { report } = images.set
  print(values.json ? JSON.stringify(report, null, 2) : text(report))
  return 0
}
