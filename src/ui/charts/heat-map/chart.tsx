/** The site × time heat map: mean selectivity of each residual block at each probe. A click selects site and moment. */
import { max } from 'd3-array'
import { memo, useMemo, useState } from 'react'
import { columnAt } from '../../../runs/probe-at.ts'
import type { Run } from '../../../runs/reduce.ts'
import { lab } from '../../../store/lab.ts'
import type { ViewState } from '../../../store/state.ts'
import { ChartFrame } from '../../figure/chart-frame.tsx'
import { useIsFullScreen } from '../../figure/full-screen.ts'
import { PlotArea } from '../../plot/plot-area.tsx'
import { FloorSwitch } from '../floor-switch.tsx'
import { HeatDrawing } from './drawing.tsx'
import { rowHeightOf } from './geometry.ts'
import { columnAlphas, columnsIn, type HeatPlace, heatCaption, heatCells, heatTable, heatValue } from './model.ts'
import { HeatScale } from './scale.tsx'
import { HeatSurface } from './surface.tsx'
import './heat-map.css'

/** Readout and color scale, in pixels. */
const otherRoom = 70
const none: ReadonlySet<string> = new Set()
const nothing = () => {}

interface Props {
  readonly run: Run
  readonly view: Pick<ViewState, 'range' | 'moment' | 'site'>
}

export function HeatMap({ run, view }: Props) {
  const [difference, setDifference] = useState(false)
  const { range, moment, site } = view
  return (
    <ChartFrame
      id="sites"
      title="Selectivity by site"
      topic="sites"
      caption={heatCaption(run)}
      legend={[]}
      hidden={none}
      onToggle={nothing}
      table={heatTable(run)}
      toolbar={<FloorSwitch isOn={difference} onChange={setDifference} />}
    >
      <HeatPlot run={run} range={range} moment={moment} site={site} difference={difference} />
    </ChartFrame>
  )
}

interface PlotProps extends Pick<ViewState, 'range' | 'moment' | 'site'> {
  readonly run: Run
  readonly difference: boolean
}

/** Redrawn for a probe, a zoom or a selection, but not for the cursor. */
const HeatPlot = memo(function HeatPlot({ run, range, moment, site, difference }: PlotProps) {
  const model = useMemo(() => {
    const [first, last] = columnsIn(run, range)
    const cells = heatCells(run).filter(({ column }) => column >= first && column <= last)
    const highest = Math.max(0.05, max(cells, (cell) => heatValue(cell, difference)) ?? 0)
    const epochs = run.probes.map(({ epoch }) => epoch)
    const sites = run.probes[0].sites.map((probe) => probe.site)
    return { probes: run.probes, first, last, sites, highest, epochs, alphas: columnAlphas(run), difference }
  }, [run, range, difference])
  const { sites } = model
  const isFull = useIsFullScreen()
  const selected = { row: Math.max(0, site === null ? 0 : sites.indexOf(site)), column: columnAt(run, moment) }
  const select = ({ row, column }: HeatPlace) =>
    lab.setView({
      site: sites[row],
      unit: null,
      moment: column === run.probes.length - 1 ? null : run.probes[column].step,
    })
  return (
    <PlotArea className="heat">
      {(width, height) => {
        const rowHeight = rowHeightOf(sites.length, isFull ? height - otherRoom : null)
        return (
          <>
            <HeatSurface
              run={run}
              first={model.first}
              last={model.last}
              width={width}
              rowHeight={rowHeight}
              selected={selected}
              onSelect={select}
            >
              <HeatDrawing {...model} width={width} rowHeight={rowHeight} />
            </HeatSurface>
            <HeatScale highest={model.highest} difference={difference} below={width < 560} />
          </>
        )
      }}
    </PlotArea>
  )
})
