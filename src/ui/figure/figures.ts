/** The figures of the visible tab that have data, for "Export all charts". */
import type { Figure } from './figure.ts'

const figures = new Map<string, () => Figure | null>()

/** Registers a figure, or removes it if `figure` is null. */
export function registerFigure(id: string, figure: (() => Figure | null) | null): void {
  if (figure) figures.set(id, figure)
  else figures.delete(id)
}

/** All registered figures, in the order of the page. */
export const allFigures = (): Figure[] =>
  [...figures.values()]
    .flatMap((figure) => figure() ?? [])
    .sort((a, b) => (a.element.compareDocumentPosition(b.element) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1))
