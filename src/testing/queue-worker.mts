/** A worker that takes a job and never ends it. */
import { bullQueue } from '../experiments/queue/node/bullmq.ts'

const url = process.argv[2]
const queue = await bullQueue({ url, attempts: 3, delay: 5, lockDuration: 1000, onProblem: () => {} })
await queue.work(
  async () => {
    process.stdout.write('taken\n')
    await new Promise(() => setInterval(() => {}, 1000))
  },
  { name: 'doomed', slots: 1, signal: new AbortController().signal },
)
