/** Simulated workers: `sweep-workers.ts URL COUNT`. Each takes jobs as `work` does, reports twice, and trains nothing. */

import { bullQueue } from '../src/experiments/queue/node/bullmq.ts'
import { usualOptions } from '../src/experiments/queue/node/opened.ts'
import { parseJob } from '../src/experiments/queue/parse-job.ts'

const [url, count] = process.argv.slice(2)
const never = new AbortController().signal

async function worker(name: string): Promise<() => void> {
  const queue = await bullQueue({ ...usualOptions, url, onProblem: console.error })
  const progress = {
    worker: name,
    adapter: 'none',
    activity: 'training',
    totalSteps: 2000,
    epoch: 1,
    loss: 1,
    top1: 0.5,
  }
  const parts = [{ worker: name, adapter: 'none', fromStep: 0 }]
  const bundle = { at: 'queue', bytes: 1, sha256: '0'.repeat(64) }
  return () =>
    void queue.work(
      async ({ data, report }) => {
        await parseJob(data)
        for (const step of [1, 2000]) await report({ ...progress, step })
        process.send?.('done')
        return { reason: 'finished', message: 'All epochs are trained.', parts, bundle }
      },
      { name, slots: 1, signal: never },
    )
}

const begins = await Promise.all(Array.from({ length: Number(count) }, (_, i) => worker(`worker-${process.pid}-${i}`)))
process.on('message', () => {
  for (const begin of begins) begin()
})
process.on('disconnect', () => process.exit(1))
process.send?.('ready')
