import { beforeAll, describe, expect, it } from 'vitest'
import { createStopwatch, type Timed, timed, timedAgainst } from './stopwatch.ts'

beforeAll(() => {
  Object.assign(globalThis, {
    GPUBufferUsage: { MAP_READ: 1, COPY_SRC: 4, COPY_DST: 8, QUERY_RESOLVE: 512 },
    GPUMapMode: { READ: 1 },
  })
})

/** A GPU whose time passes only in submissions: their latency, and the work recorded before. */
function gpuOf({ latency, stamped }: { latency: number; stamped: 'never' | 'right' | 'zero' | 'beyond the clock' }) {
  let [clock, waiting, submitted] = [0, 0, 0]
  const stamps = [0, 0]
  const encoder = {
    clearBuffer: () => {},
    resolveQuerySet: () => {},
    copyBufferToBuffer: () => {},
    beginComputePass: ({ timestampWrites: writes }: GPUComputePassDescriptor) => ({
      end: () => {
        if (writes?.beginningOfPassWriteIndex === 0) stamps[0] = submitted + waiting
        if (writes?.endOfPassWriteIndex === 1) stamps[1] = submitted + waiting
      },
    }),
  }
  const nanoseconds = () => {
    const between = { never: 0, right: stamps[1] - stamps[0], zero: 0, 'beyond the clock': 1e6 }[stamped]
    return BigUint64Array.of(0n, BigInt(Math.round(1e6 * between))).buffer
  }
  const passed = async () => {
    clock += latency
  }
  const device = {
    features: new Set(stamped === 'never' ? [] : ['timestamp-query']),
    createQuerySet: () => ({ destroy: () => {} }),
    createBuffer: () => ({ destroy: () => {}, mapAsync: passed, getMappedRange: nanoseconds, unmap: () => {} }),
    queue: { onSubmittedWorkDone: passed },
  }
  const flush = () => {
    clock += waiting
    submitted += waiting
    waiting = 0
  }
  const inOneSubmit = (work: () => void) => {
    work()
    flush()
  }
  let runs = 0
  const work = (milliseconds: number) => () => {
    runs++
    waiting += milliseconds
  }
  const backend = { device, flush, inOneSubmit, encoder: () => encoder } as unknown as Timed
  return { backend, now: () => clock, work, runs: () => runs }
}

describe('a stopwatch', () => {
  it.each(['never', 'right', 'zero', 'beyond the clock'] as const)(
    'leaves out the latency of submissions with time stamps that are %s',
    async (stamped) => {
      const { backend, now, work } = gpuOf({ latency: 2, stamped })
      const stopwatch = await createStopwatch(backend, now, false)
      expect(await timed(stopwatch, work(0.25))).toBeCloseTo(0.25e-3, 9)
      expect(await timedAgainst(stopwatch, work(0.125), 0.25e-3)).toBeCloseTo(0.125e-3, 9)
    },
  )

  it('repeats short work until it fills a round, and slow work once', async () => {
    const { backend, now, work, runs } = gpuOf({ latency: 2, stamped: 'right' })
    const stopwatch = await createStopwatch(backend, now, false)
    await timed(stopwatch, work(0.5), { rounds: 2, atLeast: 0.01 })
    expect(runs()).toBe(2 + 2 * 20)
    await timed(stopwatch, work(700), { giveUp: 0.5 })
    expect(runs()).toBe(42 + 2)
  })

  it('gives a work that is much slower than the best one round', async () => {
    const { backend, now, work, runs } = gpuOf({ latency: 2, stamped: 'never' })
    const stopwatch = await createStopwatch(backend, now, false)
    expect(await timedAgainst(stopwatch, work(3), 1e-3)).toBeCloseTo(3e-3, 9)
    expect(runs()).toBe(3)
    expect(await timedAgainst(stopwatch, work(1.125), 1e-3)).toBeCloseTo(1.125e-3, 9)
    expect(runs()).toBe(3 + 6)
  })

  it('times a software adapter by the clock', async () => {
    const { backend, now, work } = gpuOf({ latency: 2, stamped: 'right' })
    Object.assign(backend.device, { createQuerySet: () => expect.unreachable() })
    const stopwatch = await createStopwatch(backend, now, true)
    expect(await timed(stopwatch, work(0.25))).toBeCloseTo(0.25e-3, 9)
  })

  it('never says that work takes no time', async () => {
    const { backend, now, work } = gpuOf({ latency: 2, stamped: 'never' })
    const stopwatch = await createStopwatch(backend, now, false)
    expect(await stopwatch.time(work(0), 1)).toBeCloseTo(0.2e-3, 9)
  })
})
