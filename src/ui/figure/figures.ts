/** The figures of the shown tab that have something to show, for "Export all charts". */
import type { Figure } from './figure.ts'

const figures = new Map<string, () => Figure | null>()

/** `figure` null: the chart is empty or gone. */
export function registerFigure(id: string, figure: (() => Figure | null) | null): void {
  if (figure) figures.set(id, figure)
  else figures.delete(id)
}

/** In the order of the page. */
export const allFigures = (): Figure[] =>
  [...figures.values()]
    .flatMap((figure) => figure() ?? [])
    .sort((a, b) => (a.element.compareDocumentPosition(b.element) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1))
