/** Times work on the GPU by the clock, from submission to completion. */

/** Something that records work for a device. */
export interface Timed {
  readonly device: GPUDevice
  /** Submits what has been recorded. */
  readonly flush: () => void
}

/** Milliseconds now; handed in, since the engine has no clock of its own. */
export type Clock = () => number

async function once(backend: Timed, work: () => void, repeats: number, now: Clock): Promise<number> {
  const began = now()
  for (let i = 0; i < repeats; i++) work()
  backend.flush()
  await backend.device.queue.onSubmittedWorkDone()
  return (now() - began) / 1000 / repeats
}

/**
 * Seconds that `work` takes: the best of `rounds` after one that compiles, each long enough (`atLeast` seconds) that
 * the way there and back hardly counts. Work that takes longer than `giveUp` seconds is timed once.
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

export interface TimingOptions {
  readonly rounds?: number
  readonly atLeast?: number
  readonly giveUp?: number
  readonly now: Clock
}
