/** Times GPU work by the clock, from submission to completion. */

/** A backend that records work for a device. */
export interface Timed {
  readonly device: GPUDevice
  /** Submits the recorded work. */
  readonly flush: () => void
}

/** The current time in milliseconds. An argument, because the engine reads no clock. */
export type Clock = () => number

async function once(backend: Timed, work: () => void, repeats: number, now: Clock): Promise<number> {
  const began = now()
  for (let i = 0; i < repeats; i++) work()
  backend.flush()
  await backend.device.queue.onSubmittedWorkDone()
  return (now() - began) / 1000 / repeats
}

export interface TimingOptions {
  readonly rounds?: number
  /** Seconds. */
  readonly atLeast?: number
  /** Seconds. */
  readonly giveUp?: number
  readonly now: Clock
}

/**
 * Seconds that `work` takes: the best of `rounds` after a warm-up that compiles. Each round repeats the work for `atLeast`
 * seconds, so that the latency of a submission hardly counts. Work that takes longer than `giveUp` seconds is timed once.
 */
export async function timed(
  backend: Timed,
  work: () => void,
  { rounds = 3, atLeast = 0.01, giveUp = Number.POSITIVE_INFINITY, now }: TimingOptions,
): Promise<number> {
  await once(backend, work, 1, now)
  const first = await once(backend, work, 1, now)
  if (first > giveUp) return first
  const repeats = Math.max(1, Math.min(200, Math.ceil(atLeast / Math.max(first, 1e-5))))
  let best = first
  for (let i = 0; i < rounds; i++) best = Math.min(best, await once(backend, work, repeats, now))
  return best
}

/** Seconds that each round repeats the work for, and the most repetitions. */
const roundSeconds = 0.005
const mostRepeats = 64

/**
 * Seconds that compiled work takes: the best of two rounds. `best`: the seconds of the fastest work so far, which says how often
 * a round repeats the work; null without any. Work that takes half as long again in the first round gets no second one.
 */
export async function timedAgainst(backend: Timed, work: () => void, best: number | null, now: Clock): Promise<number> {
  const expected = best ?? (await once(backend, work, 1, now))
  const repeats = Math.max(1, Math.min(mostRepeats, Math.ceil(roundSeconds / Math.max(expected, 1e-5))))
  const first = await once(backend, work, repeats, now)
  return best !== null && first > 1.5 * best ? first : Math.min(first, await once(backend, work, repeats, now))
}
