/** Linearity over the epochs: affine deviation, gate constancy, linear read-out. */

import { useMemo, useState } from 'react'
import { Switch } from 'react-aria-components'
import type { Run } from '../../../runs/reduce.ts'
import type { ViewState } from '../../../store/state.ts'
import { ChartFrame } from '../../figure/chart-frame.tsx'
import { useHidden } from '../../figure/use-hidden.ts'
import { alphaLegend, visibleSpans } from '../../plot/alpha-legend.ts'
import { signSpans } from '../../plot/alpha-spans.ts'
import { ModuleLines } from '../../plot/module-lines.tsx'
import { moduleLegend, modulesOf } from '../../plot/modules.ts'
import { threeDigits } from '../../plot/tick-text.ts'
import { type LineMeasure, linearityCaption, linearityLines, linearityTable } from './model.ts'

const title = 'Linearity'

interface Props {
  readonly run: Run
  readonly view: Pick<ViewState, 'x' | 'range'>
}

const plots: readonly { readonly measure: LineMeasure; readonly label: string; readonly yLabel: string }[] = [
  { measure: 'affineDeviation', label: 'Affine deviation', yLabel: 'affine deviation of the logits (0 = affine)' },
  { measure: 'gateConstancy', label: 'Gate constancy', yLabel: 'gate constancy, mean over sites' },
  { measure: 'readOut', label: 'Linear read-out', yLabel: 'linear read-out R², mean over sites' },
]

export function LinearityChart({ run, view }: Props) {
  const [hidden, toggle] = useHidden()
  const [sites, setSites] = useState(false)
  const spans = useMemo(() => signSpans(run), [run])
  const modules = modulesOf(run)
  const shown = modules.filter((module) => !hidden.has(module))
  const toolbar = (
    <Switch className="switch" isSelected={sites} onChange={setSites}>
      <span className="switch-track" />
      Each site
    </Switch>
  )
  return (
    <ChartFrame
      id="linearity"
      title={title}
      topic="linearity"
      size="half"
      caption={linearityCaption(run)}
      legend={[...moduleLegend(modules), ...alphaLegend(spans)]}
      hidden={hidden}
      onToggle={toggle}
      table={linearityTable(run)}
      toolbar={toolbar}
    >
      {plots.map(({ measure, label, yLabel }) => (
        <ModuleLines
          key={measure}
          run={run}
          view={view}
          label={label}
          yLabel={yLabel}
          height={160}
          rowsAt={(at) => linearityLines(run, measure, at)}
          modules={measure === 'affineDeviation' ? [measure] : shown}
          thin={sites && measure !== 'affineDeviation' ? ' site' : null}
          formatY={threeDigits}
          close={measure === 'gateConstancy'}
          spans={visibleSpans(spans, hidden)}
        />
      ))}
    </ChartFrame>
  )
}
