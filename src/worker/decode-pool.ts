/** Decodes images on several threads; the only place that creates their workers. */
import { type Decode, type Decoded, PassingError } from '../data/source.ts'

export interface DecodeJob {
  readonly id: number
  readonly bytes: Uint8Array
  readonly side: number
  /** A free buffer for the image, if the pool has one. */
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

/** The mutable state of a pool. */
interface Pool {
  readonly size: number
  readonly lanes: Lane[]
  readonly queue: Waiting[]
  /** Buffers of images that were released. */
  readonly spares: ArrayBuffer[]
  next: number
}

/** Jobs of a worker at a time: while the browser decodes one, the worker converts the pixels of another. */
const perWorker = 2

/** Creates the workers with the first image. A worker that fails rejects its jobs and is replaced. */
export function createDecodePool(size: number): Decode {
  const pool: Pool = { size, lanes: [], queue: [], spares: [], next: 0 }
  return (bytes, side) =>
    new Promise((resolve, reject) => {
      pool.queue.push({ job: { id: pool.next++, bytes, side }, resolve, reject })
      pump(pool)
    })
}

/** Sends queued jobs to workers that have room for them. */
function pump(pool: Pool): void {
  while (pool.queue.length > 0) {
    const lane = freestLane(pool)
    if (lane.jobs.size >= perWorker) return
    const waiting = pool.queue.shift() as Waiting
    lane.jobs.set(waiting.job.id, waiting)
    const spare = waiting.job.side === 0 ? undefined : pool.spares.pop()
    lane.worker.postMessage({ ...waiting.job, spare } satisfies DecodeJob, spare ? [spare] : [])
  }
}

function freestLane(pool: Pool): Lane {
  if (pool.lanes.length < pool.size) return openLane(pool)
  return pool.lanes.reduce((best, lane) => (lane.jobs.size < best.jobs.size ? lane : best))
}

function openLane(pool: Pool): Lane {
  const worker = new Worker(new URL('./decode-worker.ts', import.meta.url), { type: 'module', name: 'decode' })
  const lane: Lane = { worker, jobs: new Map() }
  worker.onmessage = ({ data }: MessageEvent<DecodeAnswer>) => settle(pool, lane, data)
  worker.onerror = (event) => fail(pool, lane, `the decoder stopped (${event.message || 'it could not be loaded'})`)
  pool.lanes.push(lane)
  return lane
}

function settle(pool: Pool, { jobs }: Lane, answer: DecodeAnswer): void {
  const waiting = jobs.get(answer.id)
  jobs.delete(answer.id)
  if ('decoded' in answer) {
    const { decoded } = answer
    waiting?.resolve({ ...decoded, release: () => release(pool, decoded) })
  } else waiting?.reject(new Error(answer.reason))
  pump(pool)
}

function release({ spares, size }: Pool, { image }: Decoded): void {
  const buffer = image?.data.buffer
  if (buffer instanceof ArrayBuffer && spares.length < perWorker * size) spares.push(buffer)
}

function fail(pool: Pool, lane: Lane, reason: string): void {
  pool.lanes.splice(pool.lanes.indexOf(lane), 1)
  lane.worker.terminate()
  for (const { reject } of lane.jobs.values()) reject(new PassingError(reason))
  lane.jobs.clear()
  pump(pool)
}

/** One thread per core, at most 8: nothing else computes while a dataset is read. */
export const decodeThreads = (): number => Math.max(1, Math.min(8, navigator.hardwareConcurrency || 2))
