/** The images of a run that begins: drawn from the dataset as its record says, and read before those that no run needs. */
import type { RunConfig } from '../config/config.ts'
import type { Prepared } from '../data/feed/prepare.ts'
import { asRecorded, drawOf } from '../data/set/recorded.ts'
import type { ImageSet } from '../data/source.ts'
import type { DataRecord } from '../protocol/environment.ts'
import { abortable } from '../wait.ts'
import type { SessionHost } from './host.ts'
import { throttled } from './post.ts'

type Host = Pick<SessionHost, 'post' | 'prepareImages' | 'reading'>

/** The dataset as the record's run drew from it, for which all images may have to be read first. */
export async function drawnFor(
  { reading, post }: Host,
  recorded: DataRecord | undefined,
  set: ImageSet,
  signal: AbortSignal,
): Promise<ImageSet> {
  const all = drawOf(recorded) === 'readable' && set.audit ? await allRead({ reading, post }, signal) : set
  return asRecorded(all, recorded)
}

/** The loaded dataset once all its images have been read; the page sees how far that is. */
async function allRead({ reading, post }: Pick<Host, 'reading' | 'post'>, signal: AbortSignal): Promise<ImageSet> {
  const onProgress = throttled((done: number, total: number) => post({ type: 'preparing', done, total, cached: true }))
  try {
    return (await reading.audited(signal, onProgress)).set
  } finally {
    post({ type: 'preparing', done: 0, total: 0, cached: true })
  }
}

/** Reads images of a run, for which the reading in the background stands back; it goes on slowly beside the run. */
export async function whileHeld<T>(reading: Host['reading'], signal: AbortSignal, read: () => Promise<T>): Promise<T> {
  // A disk that does not respond must not keep the run from being stopped.
  await abortable(reading.setPace('held'), signal)
  try {
    return await read()
  } finally {
    void reading.setPace('slow')
  }
}

/** Reads the images of a run that begins; the page sees how far that is. */
export async function prepareRunImages(
  { prepareImages, post, reading }: Host,
  set: ImageSet,
  config: RunConfig,
  signal: AbortSignal,
): Promise<Prepared> {
  const onProgress = throttled((done: number, total: number, cached: boolean) =>
    post({ type: 'preparing', done, total, cached }),
  )
  return whileHeld(reading, signal, async () => {
    try {
      return await prepareImages(set, config, { onProgress, signal })
    } finally {
      post({ type: 'preparing', done: 0, total: 0, cached: true })
    }
  })
}
