/** The card of one claim: the statement, the verdict, the evidence and the rule. */
import { Button } from 'react-aria-components'
import type { Part, Verdict } from '../../experiments/claims/judge.ts'
import type { Claim } from '../../experiments/claims.ts'
import type { Metric } from '../../experiments/metrics.ts'
import { experiments } from '../../store/experiments/page.ts'
import { More } from '../controls/more.tsx'
import { plural } from '../format.ts'
import { effectText, intervalText, metricBehind, statusText } from './claim-model.ts'
import { Rules } from './rules.tsx'

const marks: Readonly<Record<Verdict, string>> = {
  holds: '✓',
  contradicted: '✕',
  'not yet': '…',
  'too few seeds': '∴',
}

const Badge = ({ verdict }: { readonly verdict: Verdict }) => (
  <span className={`verdict ${verdict.replaceAll(' ', '-')}`}>
    <span aria-hidden="true">{marks[verdict]} </span>
    {verdict}
  </span>
)

interface Props {
  readonly claim: Claim
  readonly metrics: readonly Metric[]
}

export function ClaimCard({ claim, metrics }: Props) {
  const { title, statement, measured, rule, verdict, because, parts, seeds, runs, leftOut } = claim
  return (
    <section className="chart claim" aria-label={title}>
      <header className="chart-head">
        <h2>{title}</h2>
        <Badge verdict={verdict} />
      </header>
      <p className="claim-statement">{statement}</p>
      <p className="claim-because">{because}</p>
      {parts.length > 0 && <Parts claim={claim} metrics={metrics} />}
      <div className="button-row claim-foot">
        <ChartLink claim={claim} part={parts[0]} metrics={metrics} />
        {seeds.length > 0 && (
          <p className="quiet">
            {plural(runs.length, 'run')}, seeds {seeds.join(', ')}
          </p>
        )}
      </div>
      <More title="Rule and measure" defaultExpanded={parts.length === 0}>
        <p>
          <b>Measured:</b> {measured}
        </p>
        <Rules sentences={rule} />
      </More>
      {leftOut.length > 0 && (
        <More title={`Left out: ${plural(leftOut.length, 'run')}`}>
          <Rules sentences={leftOut.map(({ run, reason }) => `${run}: ${reason}`)} />
        </More>
      )}
    </section>
  )
}

/** Opens Compare and scrolls to the claim's chart. */
function showChart({ chart }: Claim, metric: Metric): void {
  experiments.compareBy({ metric: metric.id, by: 'arm' })
  experiments.showCenter('compare')
  const title = chart === 'final accuracy' ? 'Paired differences' : 'Comparison'
  // Runs after the charts are on the page.
  setTimeout(() => document.querySelector(`[aria-label="${title}"]`)?.scrollIntoView({ block: 'center' }))
}

function ChartLink({ claim, part, metrics }: Props & { readonly part: Part | undefined }) {
  const metric = metricBehind(claim, part, metrics)
  if (!metric) return <p className="quiet">Its chart appears in Compare when a run has measured it.</p>
  return (
    <Button className="button quiet-button" onPress={() => showChart(claim, metric)}>
      Show the chart: {claim.chart === 'final accuracy' ? 'paired differences of final top-1' : metric.label}
    </Button>
  )
}

const Parts = ({ claim, metrics }: Props) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling table must be reachable by keyboard
  <section className="claim-table" tabIndex={0} aria-label={`${claim.title}, parts`}>
    <table>
      <thead>
        <tr>
          {['Part', 'What must be above 0', 'Effect', '95 % interval', 'Seeds', 'Interval is'].map((name) => (
            <th key={name} scope="col" className={name.startsWith('What') ? 'words-head' : undefined}>
              {name}
            </th>
          ))}
        </tr>
      </thead>
      {claim.parts.map((part) => (
        <PartRows key={part.name} claim={claim} part={part} metrics={metrics} />
      ))}
    </table>
  </section>
)

function PartRows({ claim, part, metrics }: Props & { readonly part: Part }) {
  const { name, verdict, conditions, cautions } = part
  const metric = metricBehind(claim, part, metrics)
  return (
    <tbody>
      {conditions.map((condition, i) => (
        <tr key={condition.id}>
          {i === 0 && (
            <th scope="rowgroup" rowSpan={conditions.length}>
              <div className="claim-part">
                {metric ? (
                  <Button
                    className="row-button"
                    aria-label={`Show the chart of ${name}`}
                    onPress={() => showChart(claim, metric)}
                  >
                    {name}
                  </Button>
                ) : (
                  name
                )}
                <Badge verdict={verdict} />
              </div>
            </th>
          )}
          <td className="words">
            {condition.text}
            {!condition.decides && <span className="quiet"> (reported only, does not decide)</span>}
          </td>
          <td>{effectText(condition)}</td>
          <td>{intervalText(condition)}</td>
          <td>{condition.estimate.n}</td>
          <td>{statusText[condition.status]}</td>
        </tr>
      ))}
      {cautions.length > 0 && (
        <tr>
          <td colSpan={6} className="words caution">
            {cautions.join(' ')}
          </td>
        </tr>
      )}
    </tbody>
  )
}
