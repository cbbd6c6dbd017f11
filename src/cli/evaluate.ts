/** `evaluate --run DIR [--checkpoint FILE] [--data SOURCE] [--json]` */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseConfig } from '../config/config.ts'
import { createExecutor } from '../gpu/executor.ts'
import { type Evaluation, evaluate as evaluateNetwork } from '../measure/evaluate.ts'
import { architectureOf } from '../model/resnet.ts'
import { parseSafetensors } from '../model/safetensors.ts'
import { loadWeights } from '../model/weights.ts'
import { createRunReader } from '../train/reader.ts'
import { flags, readInput, readJson, required, UsageError } from './arguments.ts'
import { openHostGpu, readPrepared } from './host.ts'
import { interruption, print, say } from './terminal.ts'

/** The newest checkpoint of a run folder, by epoch. */
export function newestCheckpoint(run: string): string {
  const folder = join(run, 'checkpoints')
  const files = existsSync(folder)
    ? readdirSync(folder)
        .filter((file) => /^epoch-\d+\.safetensors$/.test(file))
        .sort()
    : []
  if (files.length === 0) throw new UsageError(`no checkpoints in ${folder}; is ${run} a run folder?`)
  return join(folder, files[files.length - 1])
}

function classIds(run: string): string[] {
  const environment = readJson(join(run, 'environment.json'), 'environment') as {
    data?: { classes?: { id: string }[] }
  }
  const ids = environment.data?.classes?.map(({ id }) => id)
  if (!ids) throw new UsageError(`no classes in ${join(run, 'environment.json')}`)
  return ids
}

const text = ({ images, loss, top1, top5 }: Evaluation) =>
  `${images} images: loss ${loss}, top-1 ${(100 * top1).toFixed(2)} %, top-5 ${(100 * top5).toFixed(2)} %`

export async function evaluate(args: string[]): Promise<number> {
  const string = { type: 'string' } as const
  const { values } = flags(args, { run: string, checkpoint: string, data: string, json: { type: 'boolean' } })
  const run = required(values.run, 'run')
  const config = parseConfig(readJson(join(run, 'config.json'), 'configuration'))
  const ids = classIds(run)
  const checkpoint = values.checkpoint ?? newestCheckpoint(run)
  const file = parseSafetensors(readInput(checkpoint, 'checkpoint'))
  const signal = interruption()
  const { gpu } = await openHostGpu()
  const net = architectureOf({ ...config.model, classes: ids.length })
  const weights = loadWeights(net, file)
  const chosen = { ...config, data: { ...config.data, classes: ids } }
  const { set, warnings } = await readPrepared(values.data ?? config.data.source, chosen, signal, {
    heldOutOnly: true,
  })
  for (const warning of warnings) say(`Warning: ${warning}`)
  const reader = createRunReader(set, config, signal)
  say(`Checkpoint: ${checkpoint}`)
  const network = { executor: createExecutor({ gpu }), net, weights, inputSize: config.data.inputSize }
  const result = await evaluateNetwork(network, reader.validation())
  print(values.json ? JSON.stringify(result) : text(result))
  return 0
}
