/** Marks that several plots draw: bands, and names at the ends of lines. */
import { Area, ReferenceDot } from 'recharts'
import type { LineEnd } from './end-labels.ts'

export const common = { type: 'linear', isAnimationActive: false, activeDot: false } as const

/** From the lower to the upper number that the rows have under a key. */
export const bandMark = (dataKey: string, fill: string, fillOpacity: number) => (
  <Area
    {...common}
    connectNulls
    key={`${dataKey} band`}
    dataKey={dataKey}
    stroke="none"
    fill={fill}
    fillOpacity={fillOpacity}
  />
)

/** A name beside its line's end, moved by `shift` pixels. */
export const endMark = ({ name, x, y, shift }: LineEnd & { readonly shift: number }, text: string, fill: string) => (
  <ReferenceDot
    key={`${name} name`}
    x={x}
    y={y}
    r={0}
    ifOverflow="visible"
    label={{ value: text, position: 'right', dy: shift, fill, fontSize: 12, fontWeight: 600 }}
  />
)
