/** What a run with the current configuration takes of the data set. */
import { useLab } from '../../store/lab.ts'
import type { LoadedData } from '../../store/state.ts'
import { bytes, count, duration } from '../format.ts'
import { type Estimate, estimateOf } from './estimate.ts'
import { Fact } from './fact.tsx'

export function ThisRun({ loaded: { report, secondsPerImage } }: { readonly loaded: LoadedData }) {
  const config = useLab((state) => state.config)
  const caches = useLab((state) => state.caches)
  const estimate = estimateOf(report, config, secondsPerImage, caches)
  const { train, validation, fits } = estimate
  return (
    <section className="this-run" aria-label="What a run takes">
      <h3>This run takes</h3>
      <dl className="facts">
        <Fact name="Images">
          {count(train)} training + {count(validation)} validation
        </Fact>
        {estimate.bytes !== null && <Fact name="Decoded">{decodedText(estimate)}</Fact>}
        {caches?.free != null && estimate.bytes !== null && <Fact name="Free room">{bytes(caches.free)}</Fact>}
      </dl>
      {fits === false && (
        <p className="note warning">
          There is no room to keep the decoded images: they will be decoded anew in each epoch. Delete kept images below
          or choose fewer.
        </p>
      )}
    </section>
  )
}

function decodedText({ bytes: size, side, time, kept }: Estimate): string {
  const parts = [size === null ? '' : bytes(size), `at ${count(side)} px`]
  if (kept) return `${parts.join(' ')}, kept already`
  return time === null ? parts.join(' ') : `${parts.join(' ')}, about ${duration(time)}`
}
