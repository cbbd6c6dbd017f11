/** The text of `--help`: commands, and every configuration field from the table. */
import { fieldEntries } from '../config/config.ts'
import { presets } from '../config/presets.ts'

const usage = `Selectivity Lab: train a ResNet on WebGPU and measure class selectivity.

  npm run lab -- train --config FILE [--set key=value]… [--init FILE.safetensors] --out DIR
  npm run lab -- train --resume --out DIR [--set train.epochs=N]
  npm run lab -- evaluate --run DIR [--checkpoint FILE] [--data SOURCE] [--json]
  npm run lab -- inspect SOURCE [--unchecked] [--json]
  npm run lab -- caches [--delete ID | --delete-all] [--json]

train      trains and writes a run folder
  --config FILE      JSON; what is left out has its default
  --preset NAME      start from a preset in place of the defaults: ${presets.map(({ id }) => id).join(', ')}
  --set key=value    changes one field; may be repeated
  --init FILE        initial weights (torchvision names); otherwise seeded ones
  --init-prefix P    tensors of the file whose names begin with P, without it
  --replay FILE      applies the α that a run's events.jsonl recorded, step by step
  --out DIR          the run folder: config.json, environment.json, events.jsonl, metrics.csv,
                     selectivity.csv, checkpoints/
  --resume           goes on from the newest checkpoint of DIR
  --tune             times the kernels on this adapter anew; otherwise that is done once, on a GPU
  --untuned          does not time them and leaves timings aside
  --eager            runs steps operation by operation instead of compiled: slower, and the same numbers
  --unchecked        takes the images as they are listed; they are checked as they are decoded for the run
  --no-cache         keeps no decoded images: those that do not fit into memory are decoded again in each epoch
evaluate   loss and accuracy of a checkpoint (the newest unless named) on held-out images
inspect    what a data set holds: classes, images, unreadable files and why
  SOURCE             cifar10, a folder of class folders or of archives, or one archive: .zip, .tar, .tar.gz, .parquet;
                     ImageNet, Tiny ImageNet, WebDataset shards and parquet files are read as they are published
  --unchecked        lists the images without reading them: no reasons, sizes, duplicates or hash of the contents
caches     decoded images that are kept between runs, in the user's cache folder
  --delete ID        deletes those of one set and size; --delete-all, all of them
  --json             prints JSON and nothing else on standard output
  --debug            prints a stack trace with an error

Exit code: 0 success, 1 a failed run, 2 bad arguments.

Configuration:
`

const line = ({ key, field }: (typeof fieldEntries)[number]) => {
  const unit = field.unit ? ` ${field.unit}` : ''
  return `  ${key} = ${JSON.stringify(field.default)}${unit}\n      ${field.help}\n      ${field.allowed}`
}

export const helpText = (): string => `${usage}${fieldEntries.map(line).join('\n')}\n`
