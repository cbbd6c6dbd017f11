/** Compares the dataset that was read with the images of a run. */
import { haveSameImages, identityOf, shownFingerprint } from '../data-identity.ts'
import type { StartEvent } from '../protocol/run-events.ts'
import { sourceName } from './names.ts'
import type { LoadedData } from './state.ts'

type Begun = Pick<StartEvent, 'environment'>

/** Whether a dataset has the images that a run began with. */
export const hasImagesOf = ({ environment: { data } }: Begun, { report }: LoadedData): boolean =>
  haveSameImages(data, report)

/** Why a dataset does not have the images of a run, as a clause. */
export function otherImages({ environment: { data } }: Begun, { report }: LoadedData): string {
  const [then, now] = [data, report].map((one) => shownFingerprint(identityOf(one)))
  return `${sourceName(report.source)} has other images than the run began with (fingerprint ${now} instead of ${then})`
}
