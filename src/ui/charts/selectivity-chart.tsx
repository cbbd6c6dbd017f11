/** Selectivity by module over training: mean, quartile band, chance floor. */
import { useMemo, useState } from 'react'
import { Button, Switch } from 'react-aria-components'
import { Area, Line, ReferenceDot } from 'recharts'
import type { Run } from '../../runs/reduce.ts'
import { setView } from '../../store/lab.ts'
import type { ViewState } from '../../store/state.ts'
import { signSpans } from './alpha-spans.ts'
import { ChartFrame, EmptyChart, type LegendItem } from './chart-frame.tsx'
import { Plot, type TooltipLine } from './plot.tsx'
import {
  type ModuleName,
  moduleStyle,
  selectivityCaption,
  selectivityRows,
  selectivityTable,
} from './selectivity-series.ts'
import { useHidden } from './use-hidden.ts'
import { lastStep, xAxisOf } from './x-axis.ts'

const empty =
  'Mean selectivity of layer1 … layer4 over the epochs, with its chance floor. The first points appear when training starts: the initialisation is probed before the first step.'

const digits = (value: number) => value.toFixed(2)
const isModule = (name: string): name is ModuleName => Object.hasOwn(moduleStyle, name)

interface Props {
  readonly run: Run | null
  readonly version: number
  readonly view: Pick<ViewState, 'x' | 'range'>
}

function legendOf(run: Run, difference: boolean): LegendItem[] {
  const modules = run.probes[0].modules.map(({ module }) => module).filter(isModule)
  const lines = modules.map(
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

export function SelectivityChart({ run, version, view }: Props) {
  const [difference, setDifference] = useState(false)
  const [hidden, toggle] = useHidden()
  if (!run || run.probes.length === 0) return <EmptyChart title="Selectivity" text={empty} />
  const toolbar = (
    <>
      <Switch className="switch" isSelected={difference} onChange={setDifference}>
        <span className="switch-track" />
        SI − floor
      </Switch>
      <Button className="button quiet-button" onPress={() => setView({ range: earlyRange(run) })}>
        First epochs
      </Button>
      <Button className="button quiet-button" isDisabled={view.range === null} onPress={() => setView({ range: null })}>
        All
      </Button>
    </>
  )
  return (
    <ChartFrame
      id="selectivity"
      title="Selectivity"
      caption={selectivityCaption(run)}
      legend={legendOf(run, difference)}
      hidden={hidden}
      onToggle={toggle}
      table={selectivityTable(run)}
      toolbar={toolbar}
    >
      <SelectivityPlot run={run} version={version} view={view} difference={difference} hidden={hidden} />
    </ChartFrame>
  )
}

interface PlotProps extends Props {
  readonly run: Run
  readonly difference: boolean
  readonly hidden: ReadonlySet<string>
}

function SelectivityPlot({ run, version, view, difference, hidden }: PlotProps) {
  const { x, range } = view
  // biome-ignore lint/correctness/useExhaustiveDependencies: the run only grows; its version says when
  const axis = useMemo(() => xAxisOf(run, { x, range }), [run, version, x, range])
  // biome-ignore lint/correctness/useExhaustiveDependencies: as above
  const spans = useMemo(() => signSpans(run), [run, version])
  const rows = useMemo(() => selectivityRows(run, axis.at, difference), [run, axis, difference])
  const modules = run.probes[0].modules.map(({ module }) => module).filter(isModule)
  const shown = modules.filter((module) => !hidden.has(module))
  const last = rows.filter((row) => row.x <= axis.domain[1]).at(-1)
  const common = { type: 'linear', isAnimationActive: false, activeDot: false } as const
  return (
    <Plot
      label="Selectivity by module"
      axis={axis}
      rows={rows}
      height={280}
      yLabel={difference ? 'SI − floor' : 'selectivity (SI)'}
      yDomain={difference ? ['auto', 'auto'] : [0, 'auto']}
      formatY={digits}
      spans={spans}
      readout={readout(run, difference, hidden)}
    >
      {!difference && !hidden.has('floor') && (
        <Area {...common} dataKey="floor.band" stroke="none" fill="var(--floor)" fillOpacity={0.22} />
      )}
      {!difference && !hidden.has('floor') && (
        <Line {...common} dataKey="floor" stroke="var(--floor)" strokeWidth={1.5} strokeDasharray="1 3" dot={false} />
      )}
      {!difference &&
        shown.map((module) => (
          <Area
            {...common}
            key={`${module} band`}
            dataKey={`${module}.band`}
            stroke="none"
            fill={`var(${moduleStyle[module].color})`}
            fillOpacity={0.1}
          />
        ))}
      {shown.map((module) => (
        <Line
          {...common}
          key={module}
          dataKey={module}
          stroke={`var(${moduleStyle[module].color})`}
          strokeWidth={2}
          strokeDasharray={moduleStyle[module].dash}
          dot={rows.length <= 60 ? { r: 2, strokeWidth: 0, fill: `var(${moduleStyle[module].color})` } : false}
        />
      ))}
      {last &&
        endLabels(shown, last).map(({ module, y, at }) => (
          <ReferenceDot
            key={`${module} name`}
            x={last.x}
            y={at}
            r={0}
            ifOverflow="visible"
            label={{
              value: module,
              position: 'right',
              dy: y,
              fill: `var(${moduleStyle[module].color})`,
              fontSize: 12,
              fontWeight: 600,
            }}
          />
        ))}
    </Plot>
  )
}

/** Names at the lines' ends, moved apart (in pixels, roughly) where the ends are close. */
function endLabels(modules: readonly ModuleName[], last: Record<string, unknown>) {
  const ends = modules.map((module) => ({ module, at: last[module] as number, y: 0 })).sort((a, b) => b.at - a.at)
  const pixels = 220 / Math.max(0.2, ...ends.map(({ at }) => Math.abs(at) * 1.15))
  let previous = Number.NEGATIVE_INFINITY
  for (const end of ends) {
    const natural = -end.at * pixels
    const placed = Math.max(natural, previous + 14)
    end.y = placed - natural
    previous = placed
  }
  return ends
}
