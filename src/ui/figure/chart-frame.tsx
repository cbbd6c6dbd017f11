/** The frame of every chart: title, legend, controls, menu, caption, table view, explanation and full screen. */
import { memo, type ReactNode, type RefObject, useCallback, useId, useLayoutEffect, useRef, useState } from 'react'
import { Button, ToggleButton } from 'react-aria-components'
import { Explanation } from '../explain/explanation.tsx'
import type { Topic } from '../explain/topics.ts'
import { ChartMenu } from './chart-menu.tsx'
import type { ChartTable, Figure, FigureSource } from './figure.ts'
import { registerFigure } from './figures.ts'
import { FullScreenProvider, useFullScreen } from './full-screen.ts'
import { Icon } from './icons.tsx'
import { Legend } from './legend.tsx'
import type { LegendItem } from './legend-item.ts'
import { TableView } from './table-view.tsx'
import './figure.css'

/** The room of a chart among the others. `first`: half of the first screen, whose height it shares. */
export type ChartSize = 'first' | 'half' | 'wide'

export interface ChartFrameProps {
  /** For file names. */
  readonly id: string
  /** The region's accessible name and heading. */
  readonly title: string
  /** The title in exported files; `title` if absent. */
  readonly exportTitle?: string
  /** What the explanation is about. */
  readonly topic: Topic
  readonly size?: ChartSize
  readonly caption: string
  readonly legend: readonly LegendItem[]
  readonly hidden: ReadonlySet<string>
  readonly onToggle: (key: string) => void
  readonly table: ChartTable
  /** The current run if absent. */
  readonly source?: FigureSource
  readonly toolbar?: ReactNode
  /** The plot: one or more drawings. */
  readonly children: ReactNode
}

export function ChartFrame(props: ChartFrameProps) {
  const { id, title, topic, size = 'wide', caption, table, children } = props
  const [tabular, setTabular] = useState(false)
  const [note, setNote] = useState<string | null>(null)
  const section = useRef<HTMLElement>(null)
  const body = useRef<HTMLElement>(null)
  const [isFull, setFull] = useFullScreen(section)
  const captionId = useId()
  const figure = useFigure(props, body)
  const register = useCallback(
    (element: HTMLElement | null) => {
      section.current = element
      registerFigure(id, element && figure)
    },
    [id, figure],
  )
  return (
    <section className={`chart ${size}${isFull ? ' full' : ''}`} aria-label={title} ref={register}>
      <header className="chart-head">
        <h2>{title}</h2>
        <Tools
          title={title}
          figure={figure}
          onNote={setNote}
          tabular={tabular}
          onTabular={setTabular}
          isFull={isFull}
          onFull={setFull}
        />
      </header>
      <Controls {...props} tabular={tabular} />
      <Explanation topic={topic} />
      <figure
        ref={body}
        className={`chart-body${tabular ? ' folded' : ''}`}
        aria-label={title}
        aria-describedby={captionId}
        inert={tabular}
      >
        <FullScreenProvider value={isFull}>{children}</FullScreenProvider>
      </figure>
      {tabular && <TableView title={title} table={table} />}
      <p className="chart-caption" id={captionId}>
        {caption}
      </p>
      {note && (
        <p className="note warning" role="alert">
          {note}
        </p>
      )}
    </section>
  )
}

/** Reads the chart as it is when it is exported. The function stays the same while the chart grows. */
function useFigure(props: ChartFrameProps, body: RefObject<HTMLElement | null>): () => Figure | null {
  const newest = useRef(props)
  useLayoutEffect(() => {
    newest.current = props
  })
  return useCallback(() => {
    const { id, title, exportTitle = title, caption, table, source, legend, hidden } = newest.current
    const shown = legend.filter(({ key }) => !hidden.has(key))
    return body.current && { id, title: exportTitle, caption, table, source, legend: shown, element: body.current }
  }, [body])
}

interface ToolsProps {
  readonly title: string
  readonly figure: () => Figure | null
  readonly onNote: (note: string | null) => void
  readonly tabular: boolean
  readonly onTabular: (tabular: boolean) => void
  readonly isFull: boolean
  readonly onFull: (full: boolean) => void
}

/** The buttons that every chart has. */
const Tools = memo(({ title, figure, onNote, tabular, onTabular, isFull, onFull }: ToolsProps) => (
  <div className="chart-tools">
    <ToggleButton className="chart-tool" aria-label="Table" isSelected={tabular} onChange={onTabular}>
      <span title="Table">
        <Icon name="table" />
      </span>
    </ToggleButton>
    <ChartMenu title={title} figure={figure} onNote={onNote} />
    <FullScreenButton isFull={isFull} onChange={onFull} />
  </div>
))

/** The legend and the chart's own controls. */
function Controls({ legend, hidden, onToggle, toolbar, tabular }: ChartFrameProps & { readonly tabular: boolean }) {
  if (legend.length === 0 && !toolbar) return null
  return (
    <div className="chart-controls">
      {!tabular && <Legend items={legend} hidden={hidden} onToggle={onToggle} />}
      {toolbar && <div className="chart-tools">{toolbar}</div>}
    </div>
  )
}

interface FullScreenButtonProps {
  readonly isFull: boolean
  readonly onChange: (full: boolean) => void
}

function FullScreenButton({ isFull, onChange }: FullScreenButtonProps) {
  const name = isFull ? 'Leave full screen' : 'Full screen'
  return (
    <Button className="chart-tool" aria-label={name} onPress={() => onChange(!isFull)}>
      <span title={isFull ? `${name} (Escape)` : name}>
        <Icon name={isFull ? 'leave' : 'enter'} />
      </span>
    </Button>
  )
}
