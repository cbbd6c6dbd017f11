/** Single units: the impact of ablating each unit against its selectivity, with Spearman's ρ. A click on a point opens the unit. */

import { useMemo, useState } from 'react'
import type { AblationMode, ImpactName } from '../../../protocol/measurement.ts'
import type { EffectRow } from '../../../runs/measured.ts'
import type { Run } from '../../../runs/reduce.ts'
import { lab } from '../../../store/lab.ts'
import { unitText } from '../../../store/link.ts'
import type { ViewState } from '../../../store/state.ts'
import { ChartFrame } from '../../figure/chart-frame.tsx'
import { ChartSelect } from '../../figure/chart-select.tsx'
import { useIsFullScreen } from '../../figure/full-screen.ts'
import { useHidden } from '../../figure/use-hidden.ts'
import { lineStyle, moduleLegend } from '../../plot/modules.ts'
import { epochText } from '../../plot/moment.ts'
import { type DrawingSize, panelLayout, readoutRoom } from '../../plot/panel-layout.ts'
import { type PanelPlace, PanelSurface } from '../../plot/panel-surface.tsx'
import { type PanelAxis, Panels, panelScales } from '../../plot/panels.tsx'
import { PlotArea } from '../../plot/plot-area.tsx'
import { axisFromZero } from '../../plot/y-axis.ts'
import { modeNames } from '../ablation/model.ts'
import {
  correlationText,
  effectModes,
  effectTable,
  type ImpactPanel,
  impactCaption,
  impactFactor,
  impactNames,
  impactPanels,
  shownEffects,
} from './model.ts'

const title = 'Single units'

interface Props {
  readonly run: Run
  readonly moment: ViewState['moment']
  readonly unit: Pick<ViewState, 'site' | 'unit'>
}

export function ImpactChart({ run, moment, unit }: Props) {
  const [hidden, toggle] = useHidden()
  const [impact, setImpact] = useState<ImpactName>('lossIncrease')
  const [wanted, setMode] = useState<AblationMode | null>(null)
  const modes = effectModes(run)
  const mode = modes.find((one) => one === wanted) ?? modes[modes.length - 1]
  const { checkpoint, rows } = useMemo(() => shownEffects(run, moment, mode), [run, moment, mode])
  const file = checkpoint?.file ?? ''
  const all = useMemo(() => impactPanels(run, rows, { file, mode, impact }), [run, rows, file, mode, impact])
  const epoch = checkpoint?.epoch ?? 0
  const toolbar = (
    <>
      <span className="quiet">{epochText(epoch)}</span>
      <ChartSelect label="Impact" value={impact} options={impactNames} onChange={setImpact} />
      {modes.length > 1 && <ChartSelect label="Units" value={mode} options={modeNames} onChange={setMode} />}
    </>
  )
  return (
    <ChartFrame
      id="single-units"
      title={title}
      topic="single-units"
      caption={impactCaption(all, epoch, impact)}
      legend={moduleLegend(all.map(({ module }) => module)).map((item) => ({ ...item, shape: 'dot' }))}
      hidden={hidden}
      onToggle={toggle}
      table={effectTable(rows)}
      toolbar={toolbar}
    >
      <ImpactPlot panels={all.filter(({ module }) => !hidden.has(module))} impact={impact} unit={unit} />
    </ChartFrame>
  )
}

interface PlotProps {
  readonly panels: readonly ImpactPanel[]
  readonly impact: ImpactName
  readonly unit: Props['unit']
}

function ImpactPlot(props: PlotProps) {
  const isFull = useIsFullScreen()
  return (
    <PlotArea>
      {(width, height) =>
        props.panels.length > 0 && <Drawing {...props} width={width} room={isFull ? height - readoutRoom : null} />
      }
    </PlotArea>
  )
}

const selectivityAxis: PanelAxis = {
  domain: [0, 1],
  ticks: [0, 0.5, 1],
  label: 'class selectivity index SI of the unit',
  format: (value) => String(value),
}

const number = (value: number) => String(Number(value.toPrecision(3))).replace('-', '−')

function Drawing({ panels, impact, unit, width, room }: PlotProps & DrawingSize) {
  const layout = panelLayout(width, panels.length, room)
  const factor = impactFactor(impact)
  const y: PanelAxis = {
    ...axisFromZero(panels.flatMap(({ units }) => units.map((row) => factor * row[impact]))),
    label: factor === 1 ? 'harm: increase of the loss' : 'harm: drop of accuracy (percentage points)',
    format: number,
  }
  const scales = panelScales(layout, selectivityAxis, y)
  const pixel = (row: EffectRow) => [scales.x(row.selectivity), scales.y(factor * row[impact])] as const
  const at = ({ panel, index }: PanelPlace) => panels[panel].units[index]
  const lines = (place: PanelPlace): (readonly [string, string])[] => {
    const row = at(place)
    return [
      ['unit', unitText(row)],
      ['SI', row.selectivity.toFixed(3)],
      [impactNames[impact], number(factor * row[impact])],
    ]
  }
  return (
    <PanelSurface
      layout={layout}
      label="Impact of single units by module"
      bothWays
      marks={panels.map(({ units }) => units.map(pixel))}
      spoken={(place) => lines(place).flat().join(' ')}
      lines={lines}
      onChoose={(place) => lab.lookAtUnit(at(place).site, at(place).unit)}
    >
      <Panels
        label="Impact of single units by module"
        layout={layout}
        x={selectivityAxis}
        y={y}
        panels={panels.map(({ module, correlation }) => ({
          key: module,
          title: module,
          note: correlationText(correlation),
        }))}
        draw={(i) => <Dots panel={panels[i]} pixel={pixel} unit={unit} />}
      />
    </PanelSurface>
  )
}

interface DotsProps {
  readonly panel: ImpactPanel
  readonly pixel: (row: EffectRow) => readonly [number, number]
  readonly unit: Props['unit']
}

/** The dots of a panel as one path, because there may be thousands. */
function Dots({ panel, pixel, unit }: DotsProps) {
  const placed = panel.units.map(pixel).filter((at) => at.every(Number.isFinite))
  const chosen = panel.units.find((row) => row.site === unit.site && row.unit === unit.unit)
  const [cx, cy] = chosen ? pixel(chosen) : []
  return (
    <>
      <path
        d={placed.map(([x, y]) => `M${x.toFixed(1)},${y.toFixed(1)}h0`).join('')}
        stroke={`var(${lineStyle(panel.module).color})`}
        strokeWidth={5}
        strokeLinecap="round"
        strokeOpacity={0.55}
        fill="none"
      />
      {chosen && <circle cx={cx} cy={cy} r={5} fill="none" stroke="var(--ink)" strokeWidth={2} />}
    </>
  )
}
