/** From values to pixels on a plot. The marks of a plot share one conversion, which its frame computes. */
import { scaleLinear, scaleLog } from 'd3-scale'
import { createContext, useContext } from 'react'
import type { YAxisModel } from './y-axis.ts'

/** Space around the plot area, in pixels: y labels on the left, names of lines on the right, the y axis's meaning above. */
export const margins = { left: 44, right: 60, top: 26 } as const

/** Height of the ticks of the x axis, in pixels. */
export const tickRoom = 22
/** The x axis's name stands after the last tick, where there is room for it; else below the ticks. */
export const nameRoom = 48
export const bottomMargin = (right: number): number => (right >= nameRoom ? tickRoom + 2 : tickRoom + 18)

/** The size and x domain that frame and overlay share. */
export interface PlotShape {
  readonly width: number
  readonly height: number
  /** Space for the names of lines, in pixels; `margins.right` if absent. */
  readonly right?: number
  readonly xDomain: readonly [number, number]
}

/** In pixels. */
export type Point = readonly [x: number, y: number]

/** A rectangle in pixels. */
export interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export interface PlotScales {
  readonly x: (value: number) => number
  /** NaN for a value that the axis cannot show. */
  readonly y: (value: number) => number
  readonly area: Box
  /** The id of the clip path of the plot area. */
  readonly clip: string
}

export const tenth = (value: number): number => Math.round(10 * value) / 10

/** A point in tenths of a pixel; none for a value that the axis cannot show. */
export const pointAt = ({ x, y }: PlotScales, at: number, value: unknown): Point[] =>
  typeof value === 'number' && Number.isFinite(y(value)) ? [[tenth(x(at)), tenth(y(value))]] : []

export const plotArea = ({ width, height, right = margins.right }: PlotShape): Box => ({
  x: margins.left,
  y: margins.top,
  width: Math.max(0, width - margins.left - right),
  height: Math.max(0, height - margins.top - bottomMargin(right)),
})

/** Pixels that a text below the x axis needs, such as 100,000. */
const textRoom = 56

/** Up to seven round numbers inside the domain, as many as have room. */
export function xTicks(from: number, to: number, inner: number): number[] {
  const scale = scaleLinear([from, to], [0, inner])
  for (let most = 7; most > 1; most--) {
    const ticks = scale.ticks(most)
    if (ticks.length < 2 || scale(ticks[1]) - scale(ticks[0]) >= textRoom) return ticks
  }
  return scale.ticks(1)
}

type YShape = Pick<YAxisModel, 'scale' | 'domain'>

export function plotScales(shape: PlotShape, { scale, domain }: YShape, clip: string): PlotScales {
  const area = plotArea(shape)
  const x = scaleLinear([...shape.xDomain], [area.x, area.x + area.width])
  const y = (scale === 'log' ? scaleLog : scaleLinear)([...domain], [area.y + area.height, area.y])
  return { x, y, area, clip: `url(#${clip})` }
}

export const ScalesContext = createContext<PlotScales | null>(null)

/** Throws Error outside a plot. */
export function usePlotScales(): PlotScales {
  const scales = useContext(ScalesContext)
  if (!scales) throw new Error('a mark was drawn outside a plot')
  return scales
}
