/** Selectivity by module over training: mean, quartile band, chance floor. */

import { useMemo, useState } from 'react'
import type { Run } from '../../../runs/reduce.ts'
import type { ViewState } from '../../../store/state.ts'
import { ChartFrame } from '../../figure/chart-frame.tsx'
import type { LegendItem } from '../../figure/legend-item.ts'
import { useHidden } from '../../figure/use-hidden.ts'
import { decimal } from '../../format.ts'
import { alphaLegend, visibleSpans } from '../../plot/alpha-legend.ts'
import { signSpans } from '../../plot/alpha-spans.ts'
import { isModule, moduleStyle, modulesOf } from '../../plot/modules.ts'
import type { ReadoutValue } from '../../plot/readout.tsx'
import { FloorSwitch } from '../floor-switch.tsx'
import { differenceCaption, selectivityCaption, selectivityTable } from './model.ts'
import { SelectivityPlot } from './plot.tsx'

const digits = (value: number) => decimal(value, 2)

interface Props {
  readonly run: Run
  readonly view: Pick<ViewState, 'x' | 'range'>
}

function legendOf(run: Run, difference: boolean): LegendItem[] {
  const lines = modulesOf(run).map(
    (module): LegendItem => ({
      key: module,
      label: difference ? `${module} − floor` : module,
      ...moduleStyle[module],
      shape: 'line',
    }),
  )
  return difference ? lines : [...lines, { key: 'floor', label: 'chance floor', color: '--floor', shape: 'band' }]
}

/** The probe at or just before a step. */
const probeAt = (run: Run, step: number) => run.probes.findLast((probe) => probe.step <= step) ?? run.probes[0]

function readout(run: Run, difference: boolean, hidden: ReadonlySet<string>) {
  return (step: number): ReadoutValue[] =>
    probeAt(run, step).modules.flatMap(({ module, selectivity, floor }) => {
      if (hidden.has(module) || !isModule(module)) return []
      const value = difference ? digits(selectivity - floor) : `${digits(selectivity)} (${digits(floor)})`
      return [{ label: module, value, color: moduleStyle[module].color }]
    })
}

export function SelectivityChart({ run, view }: Props) {
  const [difference, setDifference] = useState(false)
  const [hidden, toggle] = useHidden()
  const spans = useMemo(() => signSpans(run), [run])
  return (
    <ChartFrame
      id="selectivity"
      title="Selectivity"
      topic="selectivity"
      size="first"
      caption={difference ? differenceCaption(run) : selectivityCaption(run)}
      legend={[...legendOf(run, difference), ...alphaLegend(spans)]}
      hidden={hidden}
      onToggle={toggle}
      table={selectivityTable(run)}
      toolbar={<FloorSwitch isOn={difference} onChange={setDifference} />}
    >
      <SelectivityPlot
        run={run}
        view={view}
        difference={difference}
        hidden={hidden}
        spans={visibleSpans(spans, hidden)}
        readout={readout(run, difference, hidden)}
      />
    </ChartFrame>
  )
}
