/** The images, storage and time that a run with the current configuration needs. */
import { useLab } from '../../store/lab.ts'
import type { AuditState, LoadedData } from '../../store/state.ts'
import { bytes, count, duration } from '../format.ts'
import { type Estimate, estimateOf } from './estimate.ts'
import { Fact } from './fact.tsx'

export function ThisRun({ loaded: { report } }: { readonly loaded: LoadedData }) {
  const config = useLab((state) => state.config)
  const secondsPerImage = useLab(({ audit }) => secondsOf(audit))
  const caches = useLab((state) => state.caches)
  const estimate = estimateOf(report, config, secondsPerImage, caches)
  const { train, validation, fits } = estimate
  return (
    <section className="this-run" aria-label="What the run needs">
      <h3>This run needs</h3>
      <dl className="facts">
        <Fact name="Images">
          {count(train)} training + {count(validation)} validation
        </Fact>
        {estimate.bytes !== null && <Fact name="Decoded">{decodedText(estimate)}</Fact>}
        {caches?.free != null && estimate.bytes !== null && <Fact name="Free storage">{bytes(caches.free)}</Fact>}
      </dl>
      {fits === false && (
        <p className="note warning">
          The cache has no room for the decoded images, so every epoch will decode them again. Delete cached images
          below or select fewer images.
        </p>
      )}
    </section>
  )
}

/** Rounded, because it changes with every image. */
function secondsOf(audit: AuditState | null): number | null {
  const seconds = audit?.secondsPerImage ?? null
  return seconds === null ? null : Number(seconds.toPrecision(1))
}

function decodedText({ bytes: size, side, time, cached }: Estimate): string {
  const parts = [size === null ? '' : bytes(size), `at ${count(side)} px`]
  if (cached) return `${parts.join(' ')}, already cached`
  return time === null ? parts.join(' ') : `${parts.join(' ')}, about ${duration(time)}`
}
