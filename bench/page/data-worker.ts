/** The benchmark of data, in a worker as the lab itself works: only there are files read synchronously. */
import { openGpu } from '../../src/gpu/backend.ts'
import { browserCaches } from '../../src/worker/cache-folders.ts'
import { createDecodePool, decodeThreads } from '../../src/worker/decode-pool.ts'
import { benchData, type EncodedImages } from '../data.ts'

export interface DataRequest {
  readonly sets: readonly EncodedImages[]
  readonly many: number
}

export type FromDataWorker =
  | { readonly type: 'say'; readonly line: string }
  | { readonly type: 'memory' }
  | { readonly type: 'result'; readonly result: Awaited<ReturnType<typeof benchData>> }
  | { readonly type: 'failure'; readonly message: string }

const tell = (message: FromDataWorker) => postMessage(message)

/** The page's answer to a question for the memory. */
const answer = () =>
  new Promise<number | null>((resolve) => {
    const listen = ({ data }: MessageEvent<{ memory: number | null }>) => {
      removeEventListener('message', listen)
      resolve(data.memory)
    }
    addEventListener('message', listen)
    tell({ type: 'memory' })
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
          memory: answer,
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
