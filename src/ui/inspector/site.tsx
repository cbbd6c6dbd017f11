/** The inspector of one site at one probe: the distribution of its units, its numbers and its most selective units. */
import { memo } from 'react'
import { Button } from 'react-aria-components'
import type { LoggedProbe, SiteProbe, SiteSummary } from '../../protocol/run-events.ts'
import type { Run } from '../../runs/reduce.ts'
import { Distribution, distributionHeight } from '../charts/distribution/chart.tsx'
import { quartiles } from '../charts/distribution/model.ts'
import { CopyButton } from '../controls/copy-button.tsx'
import { Explanation } from '../explain/explanation.tsx'
import { decimal } from '../format.ts'
import { moveProbe } from '../keys/move-probe.ts'
import { missingUnits } from '../units/missing.ts'
import { useUnits } from '../units/use-units.ts'
import { Waiting } from '../units/waiting.tsx'
import { SiteUnits } from './site-units.tsx'

interface SiteProps {
  readonly run: Run
  readonly probe: LoggedProbe
  readonly column: number
  /** The site among the probe's sites. */
  readonly index: number
}

/**
 * Redrawn for another site or moment, not for every step of the run. Until the units of another moment are read, everything
 * here stays at the moment before.
 */
export const Site = memo(function Site({ run, probe: wanted, column, index: wantedIndex }: SiteProps) {
  const loaded = useUnits(run, wanted, wantedIndex)
  const { probe, index, values } =
    loaded.status === 'ready' ? loaded.value : { probe: wanted, index: wantedIndex, values: null }
  const summary = probe.sites[index]
  const busy = loaded.status === 'ready' && loaded.busy
  return (
    <section className="site" aria-label={`Site ${summary.site}`} aria-busy={busy}>
      <Head run={run} column={column} site={summary.site} epoch={probe.epoch} />
      <Explanation topic="distribution" />
      {values && <Distribution site={values} />}
      {loaded.status === 'ready' && !values && <p className="quiet">{missingUnits}</p>}
      {loaded.status === 'loading' && <Waiting text="Reading the units…" height={distributionHeight} />}
      {loaded.status === 'failed' && (
        <p className="note warning" role="alert">
          {loaded.message}
        </p>
      )}
      <Facts summary={summary} values={values} />
      <CopyButton text={sentenceOf(summary, values, probe.epoch)} label="Copy these numbers" />
      {values && <SiteUnits run={run} site={values} />}
    </section>
  )
})

interface HeadProps extends Pick<SiteProps, 'run' | 'column'> {
  readonly site: string
  readonly epoch: number
}

function Head({ run, column, site, epoch }: HeadProps) {
  return (
    <header className="site-head">
      <h2>{site}</h2>
      <span className="quiet">epoch {epoch.toFixed(2)}</span>
      <ProbeButtons isFirst={column === 0} isLast={column === run.probes.length - 1} />
    </header>
  )
}

interface ProbeButtonsProps {
  readonly isFirst: boolean
  readonly isLast: boolean
}

/** Rendered again only at the first and at the newest probe. */
const ProbeButtons = memo(({ isFirst, isLast }: ProbeButtonsProps) => (
  <span className="button-row">
    <Button
      className="button icon-button"
      aria-label="Earlier probe"
      isDisabled={isFirst}
      onPress={() => moveProbe(-1)}
    >
      ‹
    </Button>
    <Button className="button icon-button" aria-label="Later probe" isDisabled={isLast} onPress={() => moveProbe(1)}>
      ›
    </Button>
  </span>
))

const quartileTexts = ({ selectivity }: SiteProbe) => quartiles(selectivity).map((value) => decimal(value, 3))

/** The numbers of a site as a sentence; without the quartiles where its units are not known. */
function sentenceOf(summary: SiteSummary, values: SiteProbe | null, epoch: number): string {
  const { site, units, selectivity, floor, dead } = summary
  const spread = values ? ` quartiles ${quartileTexts(values).join(', ')},` : ''
  return `${site} at epoch ${epoch}: mean SI ${decimal(selectivity, 4)}, floor ${decimal(floor, 4)},${spread} ${units} units, ${dead} dead`
}

function Facts({ summary, values }: { readonly summary: SiteSummary; readonly values: SiteProbe | null }) {
  const { selectivity, floor, units, dead } = summary
  return (
    <dl className="site-facts">
      <dt>mean SI</dt>
      <dd>{decimal(selectivity, 3)}</dd>
      <dt>chance floor</dt>
      <dd>{decimal(floor, 3)}</dd>
      <dt>SI − floor</dt>
      <dd>{decimal(selectivity - floor, 3)}</dd>
      <dt>quartiles</dt>
      <dd>{values ? quartileTexts(values).join(' · ') : '–'}</dd>
      <dt>units</dt>
      <dd>{units}</dd>
      <dt>dead</dt>
      <dd>{dead}</dd>
    </dl>
  )
}
