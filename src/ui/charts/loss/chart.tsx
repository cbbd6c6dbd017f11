/** Loss and accuracy, training and validation. */
import { memo, useId, useMemo, useState } from 'react'
import { Switch } from 'react-aria-components'
import type { Run } from '../../../runs/reduce.ts'
import type { ViewState } from '../../../store/state.ts'
import { ChartFrame } from '../../figure/chart-frame.tsx'
import type { LegendItem } from '../../figure/legend-item.ts'
import { useHidden } from '../../figure/use-hidden.ts'
import { alphaLegend, visibleSpans } from '../../plot/alpha-legend.ts'
import { signSpans } from '../../plot/alpha-spans.ts'
import { lossCaption, lossTable } from './model.ts'
import { LossPlots } from './plots.tsx'

const spans = [1, 5, 20, 100, 500] as const

interface Props {
  readonly run: Run
  readonly view: Pick<ViewState, 'x' | 'range'>
}

const legend: readonly LegendItem[] = [
  { key: 'train', label: 'training', color: '--ink-2', shape: 'line' },
  { key: 'validation', label: 'validation', color: '--accent', dash: '6 3', shape: 'line' },
  { key: 'top5', label: 'validation top-5', color: '--run-3', dash: '2 3', shape: 'line' },
]

const title = 'Loss and accuracy'

export function LossChart({ run, view }: Props) {
  const [hidden, toggle] = useHidden()
  const [span, setSpan] = useState<number>(20)
  const [log, setLog] = useState(false)
  const shading = useMemo(() => signSpans(run), [run])
  return (
    <ChartFrame
      id="loss-and-accuracy"
      title={title}
      topic="loss-and-accuracy"
      size="first"
      caption={lossCaption(run)}
      legend={[...legend, ...alphaLegend(shading)]}
      hidden={hidden}
      onToggle={toggle}
      table={lossTable(run)}
      toolbar={<Tools span={span} onSpan={setSpan} log={log} onLog={setLog} />}
    >
      <LossPlots run={run} view={view} hidden={hidden} span={span} log={log} shading={visibleSpans(shading, hidden)} />
    </ChartFrame>
  )
}

interface ToolsProps {
  readonly span: number
  readonly onSpan: (span: number) => void
  readonly log: boolean
  readonly onLog: (log: boolean) => void
}

const Tools = memo(({ span, onSpan, log, onLog }: ToolsProps) => {
  const selectId = useId()
  return (
    <>
      <label className="chart-select" htmlFor={selectId}>
        Smoothing
        <select
          id={selectId}
          className="input select"
          value={span}
          onChange={(event) => onSpan(Number(event.target.value))}
        >
          {spans.map((value) => (
            <option key={value} value={value}>
              {value === 1 ? 'none' : `${value} steps`}
            </option>
          ))}
        </select>
      </label>
      <Switch className="switch" isSelected={log} onChange={onLog}>
        <span className="switch-track" />
        Log loss
      </Switch>
    </>
  )
})
