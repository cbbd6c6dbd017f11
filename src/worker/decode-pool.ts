/** Decoding on several threads: the only place that makes their workers. */
import type { Decode, Decoded } from '../data/source.ts'

export interface DecodeJob {
  readonly id: number
  readonly bytes: Uint8Array
  readonly side: number
  /** Memory for the image, where some is free. */
  readonly spare?: ArrayBuffer
}

export type DecodeAnswer =
  | { readonly id: number; readonly decoded: Decoded }
  | { readonly id: number; readonly reason: string }

interface Waiting {
  readonly job: Omit<DecodeJob, 'spare'>
  readonly resolve: (decoded: Decoded) => void
  readonly reject: (error: Error) => void
}

interface Lane {
  readonly worker: Worker
  readonly jobs: Map<number, Waiting>
}

/** Jobs that a worker has at a time: while the browser decodes one, the pixels of another are converted. */
const perWorker = 2

/** The workers start with the first image. A worker that fails takes its jobs with it and is replaced. */
export function createDecodePool(size: number): Decode {
  const lanes: Lane[] = []
  const queue: Waiting[] = []
  const spares: ArrayBuffer[] = []
  let next = 0

  const releaseOf =
    ({ image }: Decoded) =>
    () => {
      const memory = image?.data.buffer
      if (memory instanceof ArrayBuffer && spares.length < perWorker * size) spares.push(memory)
    }

  function fail(lane: Lane, reason: string): void {
    lanes.splice(lanes.indexOf(lane), 1)
    lane.worker.terminate()
    for (const { reject } of lane.jobs.values()) reject(new Error(reason))
    lane.jobs.clear()
    pump()
  }

  function settle({ jobs }: Lane, answer: DecodeAnswer): void {
    const waiting = jobs.get(answer.id)
    jobs.delete(answer.id)
    if ('decoded' in answer) waiting?.resolve({ ...answer.decoded, release: releaseOf(answer.decoded) })
    else waiting?.reject(new Error(answer.reason))
    pump()
  }

  function open(): Lane {
    const worker = new Worker(new URL('./decode-worker.ts', import.meta.url), { type: 'module', name: 'decode' })
    const lane: Lane = { worker, jobs: new Map() }
    worker.onmessage = ({ data }: MessageEvent<DecodeAnswer>) => settle(lane, data)
    worker.onerror = (event) => fail(lane, `the decoder stopped (${event.message || 'it could not be loaded'})`)
    lanes.push(lane)
    return lane
  }

  function freest(): Lane {
    if (lanes.length < size) return open()
    return lanes.reduce((best, lane) => (lane.jobs.size < best.jobs.size ? lane : best))
  }

  function pump(): void {
    while (queue.length > 0) {
      const lane = freest()
      if (lane.jobs.size >= perWorker) return
      const waiting = queue.shift() as Waiting
      lane.jobs.set(waiting.job.id, waiting)
      const spare = waiting.job.side === 0 ? undefined : spares.pop()
      lane.worker.postMessage({ ...waiting.job, spare } satisfies DecodeJob, spare ? [spare] : [])
    }
  }

  return (bytes, side) =>
    new Promise((resolve, reject) => {
      queue.push({ job: { id: next++, bytes, side }, resolve, reject })
      pump()
    })
}

/** One for each core, for reading a set is all that goes on meanwhile. */
export const decodeThreads = (): number => Math.max(1, Math.min(8, navigator.hardwareConcurrency || 2))
