/** Two charts: final accuracy by arm, and its differences from a reference arm, paired by seed. */
import { Button } from 'react-aria-components'
import { windowsOf } from '../../experiments/claims/runs.ts'
import { type FinalScore, finalScores, type PairedDifference, pairedDifferences } from '../../experiments/compare.ts'
import { differencesCsv, finalRunsCsv, finalsCsv } from '../../experiments/csv.ts'
import { groupRuns, type RunGroup } from '../../experiments/groups.ts'
import type { RunRecord } from '../../experiments/record.ts'
import { experiments, useExperiments } from '../../store/experiments/page.ts'
import { ChartFrame } from '../figure/chart-frame.tsx'
import { ChartSelect } from '../figure/chart-select.tsx'
import { EmptyChart } from '../figure/empty-chart.tsx'
import { plural } from '../format.ts'
import { IntervalPlot } from './interval-plot.tsx'
import { amount, rangeText } from './numbers.ts'
import { runStyle } from './run-style.ts'
import { saveCsv, sourceOf, tableOf } from './tables.ts'

const none: ReadonlySet<string> = new Set()
const nothing = () => {}

const scoreText = ({ group, top1 }: FinalScore) => {
  const range = top1.n > 1 ? `95 % interval ${rangeText(top1, 'share')}, ` : ''
  return `${group} ${amount(top1.mean, 'share')} % (${range}${plural(top1.n, 'seed')})`
}

export function FinalChart({ runs }: { readonly runs: readonly RunRecord[] }) {
  const groups = groupRuns(runs)
  const scores = finalScores(groups)
  const finished = scores.filter(({ top1 }) => top1.n > 0)
  const title = 'Final accuracy'
  if (finished.length === 0)
    return (
      <EmptyChart
        title={title}
        topic="final-accuracy"
        size="half"
        text="Top-1 on validation images after the last epoch, by arm. It appears when a run has finished."
      />
    )
  const unfinished = scores.flatMap((score) => score.unfinished)
  const left = unfinished.length > 0 ? ` Not finished: ${unfinished.join(', ')}.` : ''
  const save = () => saveCsv(finalRunsCsv(scores), runs, 'comparison-final-runs.csv')
  return (
    <ChartFrame
      id="compare-final-accuracy"
      title={title}
      topic="final-accuracy"
      size="half"
      caption={`Top-1 at the end: ${finished.map(scoreText).join('; ')}. Bars are 95 % intervals over seeds (Student’s t). Faint markers are the seeds.${left}`}
      legend={[]}
      hidden={none}
      onToggle={nothing}
      table={tableOf(finalsCsv(scores))}
      source={sourceOf(runs)}
      toolbar={
        <Button className="button quiet-button" onPress={save}>
          CSV of each run
        </Button>
      }
    >
      <IntervalPlot
        label="Final top-1 by arm"
        axisLabel="top-1, validation images (%)"
        rows={scores.flatMap(({ group, top1, runs: own }, i) =>
          top1.n === 0
            ? []
            : [
                {
                  name: group,
                  style: runStyle(i),
                  points: own.map(({ run, top1: value }) => ({ key: run, value })),
                  mean: top1.mean,
                  interval: top1,
                },
              ],
        )}
      />
    </ChartFrame>
  )
}

/** The chosen arm if it exists, else the first arm without a regularizer, else the first arm. */
export function referenceOf(groups: readonly RunGroup[], chosen: string | null): string {
  const own = groups.find(({ name }) => name === chosen)
  return (own ?? groups.find(({ runs }) => windowsOf(runs[0]).length === 0) ?? groups[0]).name
}

const pairText = ({ reference, group, difference, bootstrapped }: PairedDifference) => {
  const ranges =
    difference.n > 1 ? `95 % ${rangeText(difference, 'share')}, bootstrap ${rangeText(bootstrapped, 'share')}, ` : ''
  return `${reference} − ${group} ${amount(difference.mean, 'share')} points (${ranges}${plural(difference.n, 'seed')})`
}

export function DifferenceChart({ runs }: { readonly runs: readonly RunRecord[] }) {
  const chosen = useExperiments(({ comparison }) => comparison.reference)
  const groups = groupRuns(runs)
  const title = 'Paired differences'
  const reference = referenceOf(groups, chosen)
  const pairs = pairedDifferences(groups, reference)
  const known = pairs.filter(({ difference }) => difference.n > 0)
  if (known.length === 0)
    return (
      <EmptyChart
        title={title}
        topic="paired-differences"
        size="half"
        text="Final top-1 of one arm minus that of another, paired by seed. It needs two arms with a finished run of the same seed."
      />
    )
  const styles = new Map(groups.map(({ name }, i) => [name, runStyle(i)]))
  return (
    <ChartFrame
      id="compare-paired-differences"
      title={title}
      topic="paired-differences"
      size="half"
      caption={`Final top-1, paired by seed: ${known.map(pairText).join('; ')}. Thick bars: Student’s t, which the claims use. Thin bars: percentile bootstrap with 10,000 samples, which is too narrow for few seeds.`}
      legend={[]}
      hidden={none}
      onToggle={nothing}
      table={tableOf(differencesCsv(pairs))}
      source={sourceOf(runs)}
      toolbar={
        <ChartSelect
          label="Reference"
          value={reference}
          options={Object.fromEntries(groups.map(({ name }) => [name, name]))}
          onChange={(value) => experiments.compareBy({ reference: value })}
        />
      }
    >
      <IntervalPlot
        label="Paired differences of final top-1"
        axisLabel={`${reference} − arm, percentage points of top-1`}
        zero
        rows={known.map(({ group, seeds, difference, bootstrapped }) => ({
          name: group,
          style: styles.get(group) ?? runStyle(0),
          points: seeds.map(({ seed, difference: value }) => ({ key: `${seed}`, value })),
          mean: difference.mean,
          interval: difference,
          second: bootstrapped,
        }))}
      />
    </ChartFrame>
  )
}
