/**
 * Times GPU work. Time stamps of the GPU say how long the work takes. Devices without them, and stamps that cannot be right, leave the
 * clock: the time from submission to completion, less the latency of a submission, which can be longer than the work.
 */

/** A backend that records work for a device. */
export interface Timed {
  readonly device: GPUDevice
  /** Submits the recorded work. */
  readonly flush: () => void
  /** Records `work` and submits it in one part. Between two submits the GPU could wait for the script. */
  readonly inOneSubmit: (work: () => void) => void
  /** The encoder of the recorded work, outside of a pass. */
  readonly encoder: () => GPUCommandEncoder
}

/** The current time in milliseconds. An argument, because the engine reads no clock. */
export type Clock = () => number

export interface Stopwatch {
  /** Seconds of one call of `work`, on average over `repeats`. Rejects where the device is lost. */
  readonly time: (work: () => void, repeats: number) => Promise<number>
  /** Whether time stamps of the GPU are used, where they can be right. The clock's time also has what else the processor does. */
  readonly stamped: boolean
  readonly dispose: () => void
}

interface Stamps {
  readonly begin: () => void
  readonly end: () => void
  /** Seconds between the two, once the GPU is done with them. */
  readonly read: () => Promise<number>
  readonly dispose: () => void
}

const stampBytes = 16

/** Two time stamps, each in a compute pass without dispatches. */
function createStamps(backend: Timed): Stamps {
  const { device } = backend
  const querySet = device.createQuerySet({ type: 'timestamp', count: 2 })
  const resolved = device.createBuffer({
    size: stampBytes,
    usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
  })
  const mapped = device.createBuffer({ size: stampBytes, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST })
  const stamp = (writes: Partial<GPUComputePassTimestampWrites>) =>
    backend
      .encoder()
      .beginComputePass({ timestampWrites: { querySet, ...writes } })
      .end()
  return {
    begin: () => stamp({ beginningOfPassWriteIndex: 0 }),
    end: () => {
      stamp({ endOfPassWriteIndex: 1 })
      backend.encoder().resolveQuerySet(querySet, 0, 2, resolved, 0)
      backend.encoder().copyBufferToBuffer(resolved, 0, mapped, 0, stampBytes)
    },
    read: async () => {
      await mapped.mapAsync(GPUMapMode.READ)
      const [began, ended] = new BigUint64Array(mapped.getMappedRange().slice(0))
      mapped.unmap()
      return Number(ended - began) / 1e9
    },
    dispose: () => {
      querySet.destroy()
      resolved.destroy()
      mapped.destroy()
    },
  }
}

/** Submissions of nearly no work, whose shortest is the latency. */
const latencyRounds = 5

/** The least share of a measured time that is work. */
const leastShare = 0.1

/** Seconds from a submission of nearly no work to its end. */
async function latencyOf(backend: Timed, now: Clock): Promise<number> {
  const { device } = backend
  const buffer = device.createBuffer({ size: 4, usage: GPUBufferUsage.COPY_DST })
  let least = Number.POSITIVE_INFINITY
  try {
    for (let i = 0; i < latencyRounds; i++) {
      backend.encoder().clearBuffer(buffer)
      const began = now()
      backend.flush()
      await device.queue.onSubmittedWorkDone()
      least = Math.min(least, (now() - began) / 1000)
    }
  } finally {
    buffer.destroy()
  }
  return least
}

/**
 * Creates a stopwatch and measures the latency of a submission. The caller disposes it. A software adapter is timed by the clock:
 * its latency is short, and lavapipe's first time stamp may come after the first dispatch.
 */
export async function createStopwatch(backend: Timed, now: Clock, software: boolean): Promise<Stopwatch> {
  const { device } = backend
  backend.flush()
  const stamps = !software && device.features.has('timestamp-query') ? createStamps(backend) : null
  const latency = await latencyOf(backend, now)
  const time = async (work: () => void, repeats: number): Promise<number> => {
    const began = now()
    backend.inOneSubmit(() => {
      stamps?.begin()
      for (let i = 0; i < repeats; i++) work()
      stamps?.end()
    })
    const stamped = await (stamps ? stamps.read() : device.queue.onSubmittedWorkDone())
    const elapsed = (now() - began) / 1000
    const right = stamped !== undefined && stamped > 0 && stamped <= elapsed
    return (right ? stamped : Math.max(elapsed - latency, leastShare * elapsed)) / repeats
  }
  return { time, stamped: stamps !== null, dispose: () => stamps?.dispose() }
}

export interface TimingOptions {
  readonly rounds?: number
  /** Seconds. */
  readonly atLeast?: number
  /** Seconds. */
  readonly giveUp?: number
}

/** The shortest time of a work that is told from nothing, in seconds. */
const shortest = 1e-6

/**
 * Seconds that `work` takes: the best of `rounds` after a warm-up that compiles. Each round repeats the work for `atLeast`
 * seconds. Work that takes longer than `giveUp` seconds is timed once.
 */
export async function timed(
  { time }: Stopwatch,
  work: () => void,
  { rounds = 3, atLeast = 0.01, giveUp = Number.POSITIVE_INFINITY }: TimingOptions = {},
): Promise<number> {
  await time(work, 1)
  const first = await time(work, 1)
  if (first > giveUp) return first
  const repeats = Math.max(1, Math.min(200, Math.ceil(atLeast / Math.max(first, shortest))))
  let best = first
  for (let i = 0; i < rounds; i++) best = Math.min(best, await time(work, repeats))
  return best
}

/** Seconds that each round repeats the work for, and the most repetitions. */
const roundSeconds = 0.003
const mostRepeats = 64

/** A work whose first round takes more than this many times as long as the best gets no second round. */
const hopeless = 1.2

/** A browser rounds time stamps to 0.1 ms. A shorter work than this, in seconds, is timed in several repetitions at once. */
const coarse = 3e-4
const fewRepeats = 8

async function expectedTime(time: Stopwatch['time'], work: () => void): Promise<number> {
  const once = await time(work, 1)
  return once < coarse ? time(work, fewRepeats) : once
}

/**
 * Seconds that compiled work takes: the best of two rounds. `best`: the seconds of the fastest work so far, which says how often
 * a round repeats the work; null without any. Work that is much slower in its first round gets no second one.
 */
export async function timedAgainst({ time }: Stopwatch, work: () => void, best: number | null): Promise<number> {
  const expected = best ?? (await expectedTime(time, work))
  const repeats = Math.max(1, Math.min(mostRepeats, Math.ceil(roundSeconds / Math.max(expected, shortest))))
  const first = await time(work, repeats)
  return best !== null && first > hopeless * best ? first : Math.min(first, await time(work, repeats))
}
