/** Cross-layer correlation of the most active units, with random units as a control. */
import { useMemo, useState } from 'react'
import type { Run } from '../../../runs/reduce.ts'
import type { ViewState } from '../../../store/state.ts'
import { ChartFrame } from '../../figure/chart-frame.tsx'
import { ChartSelect } from '../../figure/chart-select.tsx'
import { useIsFullScreen } from '../../figure/full-screen.ts'
import { epochText } from '../../plot/moment.ts'
import { type DrawingSize, readoutRoom } from '../../plot/panel-layout.ts'
import { PanelSurface } from '../../plot/panel-surface.tsx'
import { PlotArea } from '../../plot/plot-area.tsx'
import { Matrices, MatrixScale, matrixLayout } from './matrices.tsx'
import { type CorrelationTables, correlationCaption, correlationTable, type K, ks, shownCorrelation } from './model.ts'

const none: ReadonlySet<string> = new Set()

interface Props {
  readonly run: Run
  readonly moment: ViewState['moment']
}

export function CorrelationChart({ run, moment }: Props) {
  const [k, setK] = useState<K>('1')
  const { checkpoint, tables } = useMemo(() => shownCorrelation(run, moment, k), [run, moment, k])
  const epoch = checkpoint?.epoch ?? 0
  const toolbar = (
    <>
      <span className="quiet">{epochText(epoch)}</span>
      <ChartSelect label="Mean of" value={k} options={ks} onChange={setK} />
    </>
  )
  return (
    <ChartFrame
      id="cross-layer-correlation"
      title="Cross-layer correlation"
      topic="cross-layer-correlation"
      size="half"
      caption={correlationCaption(tables, epoch)}
      legend={[]}
      hidden={none}
      onToggle={() => {}}
      table={correlationTable(tables)}
      toolbar={toolbar}
    >
      <CorrelationPlot tables={tables} />
    </ChartFrame>
  )
}

function CorrelationPlot({ tables }: { readonly tables: CorrelationTables }) {
  const isFull = useIsFullScreen()
  return (
    <PlotArea>
      {(width, height) =>
        tables.order.length > 0 && <Drawing tables={tables} width={width} room={isFull ? height - readoutRoom : null} />
      }
    </PlotArea>
  )
}

function Drawing({ tables, width, room }: DrawingSize & { readonly tables: CorrelationTables }) {
  const { order, measured, control } = tables
  const size = order.length
  const layout = matrixLayout(width, size, room)
  const shown = [
    { title: 'most active units', table: measured },
    { title: 'random units (control)', table: control },
  ]
  /** Row and column of a cell, by its index. */
  const cellOf = (index: number) => [Math.floor(index / size), index % size] as const
  const marks = Array.from({ length: size * size }, (_, index) => {
    const [row, column] = cellOf(index)
    return [(column + 0.5) * layout.cell, (row + 0.5) * layout.cell] as const
  })
  const lines = (panel: number, index: number): (readonly [string, string])[] => {
    const [row, column] = cellOf(index)
    const value = shown[panel].table[row][column]
    return [
      [`${order[row]} with ${order[column]}`, ''],
      [shown[panel].title, Number.isFinite(value) ? value.toFixed(3) : 'undefined'],
    ]
  }
  return (
    <>
      <PanelSurface
        layout={layout}
        label="Cross-layer correlation"
        bothWays
        columns={size}
        marks={[marks, marks]}
        spoken={({ panel, index }) => lines(panel, index).flat().join(' ')}
        lines={({ panel, index }) => lines(panel, index)}
      >
        <Matrices layout={layout} order={order} shown={shown} />
      </PanelSurface>
      <MatrixScale />
    </>
  )
}
