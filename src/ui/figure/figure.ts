/** A figure as the page shows it and as exports need it. */
import type { LegendItem } from './legend-item.ts'
import type { Provenance } from './provenance.ts'

/** The exact numbers of the events. The table view and the CSV file show them. */
export interface ChartTable {
  readonly columns: readonly string[]
  readonly rows: () => readonly (readonly (string | number)[])[]
}

/** The origin of a figure's numbers, for figures that do not show the current run. */
export interface FigureSource {
  /** For file names. */
  readonly name: string
  readonly provenance: () => Promise<Provenance>
  /** Extra CSV columns after the table's. Each has the same value in every row. */
  readonly cells: Readonly<Record<string, string>>
}

export interface Figure {
  /** For file names. */
  readonly id: string
  readonly title: string
  readonly caption: string
  /** The visible entries. */
  readonly legend: readonly LegendItem[]
  readonly table: ChartTable
  /** The current run if absent. */
  readonly source?: FigureSource
  /** The element that holds the drawings. */
  readonly element: HTMLElement
}
