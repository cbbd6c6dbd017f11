/** `evaluate --run DIR [--checkpoint FILE] [--data SOURCE] [--json]` */
import { withNetwork } from '../analysis/open-run.ts'
import { type Evaluation, evaluate as evaluateNetwork } from '../measure/evaluate.ts'
import { parseFlags } from './arguments.ts'
import { runFlags } from './flags.ts'
import { openForMeasuring, withWarning } from './open-run.ts'
import { readRun } from './run-description.ts'
import { print } from './terminal.ts'
import { wholeCheckpoints } from './whole-checkpoints.ts'

const text = ({ images, loss, top1, top5 }: Evaluation) =>
  `${images} images: loss ${loss}, top-1 ${(100 * top1).toFixed(2)} %, top-5 ${(100 * top5).toFixed(2)} %`

export async function evaluate(args: string[]): Promise<number> {
  const { values } = parseFlags(args, runFlags)
  const files = readRun(values)
  const [checkpoint] = await wholeCheckpoints(files, values)
  await using run = await openForMeasuring(files, [checkpoint], values)
  const result = await withNetwork(run, checkpoint, (network) => evaluateNetwork(network, run.heldOut.batches()))
  print(values.json ? JSON.stringify(withWarning(run, result)) : text(result))
  return 0
}
