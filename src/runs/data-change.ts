/** Sentences about a run's change of images. */
import { identityOf, shownFingerprint } from '../data-identity.ts'
import type { DataEvent } from '../protocol/run-events.ts'

/** One sentence for a time line. */
export function dataChangeText({ change, from, to, what }: DataEvent): string {
  if (change === 'moved') return `The images moved from ${from.source} to ${to.source}; they are the same.`
  const [before, after] = [from, to].map((data) => shownFingerprint(identityOf(data)))
  return `The run went on with other images of ${to.source} (fingerprint ${after} instead of ${before}): ${what}.`
}
