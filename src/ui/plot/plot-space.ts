/** The coordinates of a plot, for the marks inside it. */
import { createContext, use } from 'react'
import type { Scale } from './svg-axes.tsx'
import type { PlotRow } from './y-axis.ts'

export interface PlotSpace {
  /** Scales from values to pixels of the drawing. */
  readonly x: Scale
  readonly y: Scale
  /** Width of the drawing, in pixels. */
  readonly width: number
  /** The edges of the plot area, in pixels of the drawing. */
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
  /** The value of `clipPath` that hides what lies outside of the plot area. */
  readonly clip: string
  /** The rows of the plot, for marks without rows of their own. */
  readonly rows: readonly PlotRow[]
}

export const PlotSpaceContext = createContext<PlotSpace | null>(null)

/** The coordinates of the plot around a mark. */
export function usePlotSpace(): PlotSpace {
  const space = use(PlotSpaceContext)
  if (!space) throw new Error('a mark is drawn outside of a plot')
  return space
}

/** A position in tenths of a pixel, which keeps paths short. */
export const tenth = (pixels: number): number => Math.round(10 * pixels) / 10
