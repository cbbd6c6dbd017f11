/** The comparison chart: a metric over epochs, by arm or by run. */
import { useMemo } from 'react'
import { Button } from 'react-aria-components'
import { type BandKind, compareSeries } from '../../experiments/compare.ts'
import { bandsCsv, membersCsv } from '../../experiments/csv.ts'
import { groupRuns } from '../../experiments/groups.ts'
import { type Metric, metricsOf } from '../../experiments/metrics.ts'
import type { RunRecord } from '../../experiments/record.ts'
import { experiments, useExperiments } from '../../store/experiments/page.ts'
import { ChartFrame } from '../figure/chart-frame.tsx'
import { ChartSelect } from '../figure/chart-select.tsx'
import type { LegendItem } from '../figure/legend-item.ts'
import { useHidden } from '../figure/use-hidden.ts'
import { ZoomButtons } from '../plot/zoom-buttons.tsx'
import { endOf } from './compare-geometry.ts'
import { compareCaption, compareRows, eachRun } from './compare-model.ts'
import { ComparePlot } from './compare-plot.tsx'
import { bandLabels } from './numbers.ts'
import { runStyle } from './run-style.ts'
import { saveCsv, sourceOf, tableOf } from './tables.ts'

/** The smallest step of the zoom, in epochs. */
const grain = 0.01

interface Props {
  readonly runs: readonly RunRecord[]
}

function legendOf(names: readonly string[], kind: BandKind, members: boolean): LegendItem[] {
  const lines = names.map((name, i): LegendItem => {
    const { color, dash } = runStyle(i)
    return { key: name, label: name, color, dash, shape: 'line' }
  })
  const band: LegendItem = { key: 'band', label: bandLabels[kind], color: '--line-2', shape: 'band' }
  const each: LegendItem = { key: 'members', label: 'each seed (faint)', color: '--line-2', shape: 'line' }
  return [...lines, ...(kind === 'none' ? [] : [band]), ...(members ? [each] : [])]
}

export function CompareChart({ runs }: Props) {
  const { metric: id, by, band, range } = useExperiments(({ comparison }) => comparison)
  const metrics = useMemo(() => metricsOf(runs), [runs])
  const metric = metrics.find((one) => one.id === id) ?? metrics[0]
  const [hidden, toggle] = useHidden()
  const series = useMemo(() => {
    const groups = by === 'arm' ? groupRuns(runs) : eachRun(runs)
    return metric ? compareSeries(groups, metric, by === 'arm' ? band : 'none') : []
  }, [runs, metric, by, band])
  const rows = useMemo(() => compareRows(series), [series])
  if (!metric) return null
  const seeds = series.some(({ members }) => members.length > 1)
  return (
    <ChartFrame
      id={`compare-${metric.id.replace('/', '-')}`}
      title="Comparison"
      exportTitle={`Comparison: ${metric.label}`}
      topic="comparison"
      caption={compareCaption(series)}
      legend={legendOf(
        series.map(({ group }) => group.name),
        seeds ? band : 'none',
        seeds,
      )}
      hidden={hidden}
      onToggle={toggle}
      table={tableOf(bandsCsv(series))}
      source={sourceOf(runs)}
      toolbar={
        <Toolbar
          metrics={metrics}
          metric={metric}
          end={endOf(rows)}
          onSave={seeds ? () => saveCsv(membersCsv(series), runs, 'comparison-runs.csv') : null}
        />
      }
    >
      <ComparePlot series={series} rows={rows} hidden={hidden} range={range} />
    </ChartFrame>
  )
}

interface ToolbarProps {
  readonly metrics: readonly Metric[]
  readonly metric: Metric
  /** The last epoch. */
  readonly end: number
  /** Saves the values of each seed; null if every arm has one seed. */
  readonly onSave: (() => void) | null
}

function Toolbar({ metrics, metric, end, onSave }: ToolbarProps) {
  const { by, band, range } = useExperiments(({ comparison }) => comparison)
  return (
    <div className="compare-tools">
      <ChartSelect
        label="Metric"
        value={metric.id}
        options={Object.fromEntries(metrics.map(({ id, label }) => [id, label]))}
        onChange={(value) => experiments.compareBy({ metric: value })}
      />
      <ChartSelect
        label="Group"
        value={by}
        options={{ arm: 'by arm', run: 'each run' }}
        onChange={(value) => experiments.compareBy({ by: value })}
      />
      {by === 'arm' && (
        <ChartSelect
          label="Band"
          value={band}
          options={{ ...bandLabels, none: 'none' }}
          onChange={(value) => experiments.compareBy({ band: value })}
        />
      )}
      <ZoomButtons
        range={range}
        space={() => ({ end, grain })}
        onZoom={(next) => experiments.compareBy({ range: next })}
      />
      {onSave && (
        <Button className="button quiet-button" onPress={onSave}>
          CSV by seed
        </Button>
      )}
    </div>
  )
}
