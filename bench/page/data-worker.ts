/** Runs the data benchmark in a worker, as the lab does: browsers read files synchronously only in workers. */
import { openGpu } from '../../src/gpu/backend.ts'
import { browserCaches } from '../../src/worker/cache-folders.ts'
import { createDecodePool, decodeThreads } from '../../src/worker/decode-pool.ts'
import { benchData, type EncodedImages, type Usage } from '../data.ts'

export interface DataRequest {
  readonly sets: readonly EncodedImages[]
  readonly many: number
}

export type FromDataWorker =
  | { readonly type: 'say'; readonly line: string }
  | { readonly type: 'usage' }
  | { readonly type: 'result'; readonly result: Awaited<ReturnType<typeof benchData>> }
  | { readonly type: 'failure'; readonly message: string }

const tell = (message: FromDataWorker) => postMessage(message)

/** The page's answer to a question. */
const usage = () =>
  new Promise<Usage>((resolve) => {
    const listen = ({ data }: MessageEvent<Usage>) => {
      removeEventListener('message', listen)
      resolve(data)
    }
    addEventListener('message', listen)
    tell({ type: 'usage' })
  })

addEventListener(
  'message',
  async ({ data: { sets, many } }: MessageEvent<DataRequest>) => {
    try {
      const cores = decodeThreads()
      const result = await benchData(
        sets,
        { many },
        {
          decode: createDecodePool(cores),
          cores,
          folders: browserCaches,
          gpu: await openGpu(navigator.gpu),
          usage,
          say: (line) => tell({ type: 'say', line }),
        },
      )
      tell({ type: 'result', result })
    } catch (error) {
      tell({ type: 'failure', message: error instanceof Error ? error.message : String(error) })
    }
  },
  { once: true },
)
