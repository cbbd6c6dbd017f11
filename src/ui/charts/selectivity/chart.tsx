/** Selectivity by module over training: mean, quartile band, chance floor. */

import { useMemo, useState } from 'react'
import { Button, Switch } from 'react-aria-components'
import { lastStep } from '../../../runs/last-step.ts'
import type { Run } from '../../../runs/reduce.ts'
import { lab } from '../../../store/lab.ts'
import type { ViewState } from '../../../store/state.ts'
import { ChartFrame, EmptyChart } from '../../figure/chart-frame.tsx'
import type { LegendItem } from '../../figure/legend-item.ts'
import { useHidden } from '../../figure/use-hidden.ts'
import { alphaLegend, visibleSpans } from '../../plot/alpha-legend.ts'
import { signSpans } from '../../plot/alpha-spans.ts'
import { isModule, moduleStyle, modulesOf } from '../../plot/modules.ts'
import type { TooltipLine } from '../../plot/tip.tsx'
import { differenceCaption, selectivityCaption, selectivityTable } from './model.ts'
import { SelectivityPlot } from './plot.tsx'

const empty =
  'Mean selectivity of layer1 … layer4 over the epochs, with its chance floor. The first points appear when training starts: the lab probes the initialization before the first step.'

const digits = (value: number) => value.toFixed(2)

interface Props {
  readonly run: Run | null
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
  return (step: number): TooltipLine[] =>
    probeAt(run, step).modules.flatMap(({ module, selectivity, floor }) => {
      if (hidden.has(module) || !isModule(module)) return []
      const value = difference ? digits(selectivity - floor) : `${digits(selectivity)} (${digits(floor)})`
      return [{ label: module, value, color: moduleStyle[module].color }]
    })
}

/** Lowest and highest epoch range that holds the dense early probes. */
function earlyRange(run: Run): [number, number] {
  const perEpoch = run.start?.stepsPerEpoch ?? 1
  const epochs = Math.max(1, run.start?.config.probe.earlyEpochs ?? 2)
  return [0, Math.min(lastStep(run), epochs * perEpoch)]
}

export function SelectivityChart({ run, view }: Props) {
  if (!run || run.probes.length === 0) return <EmptyChart title="Selectivity" text={empty} />
  return <SelectivityFigure run={run} view={view} />
}

function SelectivityFigure({ run, view }: Props & { readonly run: Run }) {
  const [difference, setDifference] = useState(false)
  const [hidden, toggle] = useHidden()
  const spans = useMemo(() => signSpans(run), [run])
  const toolbar = (
    <>
      <Switch className="switch" isSelected={difference} onChange={setDifference}>
        <span className="switch-track" />
        SI − floor
      </Switch>
      <Button className="button quiet-button" onPress={() => lab.setView({ range: earlyRange(run) })}>
        First epochs
      </Button>
      <Button
        className="button quiet-button"
        isDisabled={view.range === null}
        onPress={() => lab.setView({ range: null })}
      >
        All
      </Button>
    </>
  )
  return (
    <ChartFrame
      id="selectivity"
      title="Selectivity"
      caption={difference ? differenceCaption(run) : selectivityCaption(run)}
      legend={[...legendOf(run, difference), ...alphaLegend(spans)]}
      hidden={hidden}
      onToggle={toggle}
      table={selectivityTable(run)}
      toolbar={toolbar}
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
