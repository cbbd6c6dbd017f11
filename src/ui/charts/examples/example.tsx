/** Small, faint drawings of recorded numbers, shown where a chart has none yet. Their origin is in numbers.json. */
import type { ReactNode } from 'react'
import { placeNames } from '../../plot/end-labels.ts'
import { heatShare } from '../../plot/heat-share.ts'
import { type ModuleName, moduleStyle, modules } from '../../plot/modules.ts'
import { PlotArea } from '../../plot/plot-area.tsx'
import type { ExampleName } from './names.ts'
import numbers from './numbers.json' with { type: 'json' }

/** The names of lines stand right of them. */
const margins = { top: 8, right: 52, bottom: 2 } as const

type Range = readonly [number, number]
type Point = readonly number[]

/** The plot area in pixels: it begins at the left and at the top margin. */
interface Area {
  readonly width: number
  readonly height: number
}

interface Scale {
  readonly x: (value: number) => number
  readonly y: (value: number) => number
}

const scaleOf = ({ width, height }: Area, x: Range, y: Range): Scale => ({
  x: (value) => ((value - x[0]) / (x[1] - x[0])) * width,
  y: (value) => height - ((value - y[0]) / (y[1] - y[0])) * height,
})

const pathOf = (points: readonly Point[], { x, y }: Scale) =>
  `M${points.map(([a, b]) => `${x(a).toFixed(1)},${y(b).toFixed(1)}`).join('L')}`

interface ExampleLine {
  readonly name: string
  readonly points: readonly Point[]
  /** A CSS custom property. */
  readonly color: string
  readonly dash?: string
}

/** Lines with their names at the ends. A line with an empty name has none. */
function Lines({ lines, area, x, y }: { lines: readonly ExampleLine[]; area: Area; x: Range; y: Range }) {
  const scale = scaleOf(area, x, y)
  const ends = lines.flatMap(({ name, points }) => {
    const [a, b] = points[points.length - 1]
    return name ? [{ name, x: scale.x(a), y: scale.y(b) }] : []
  })
  const colorOf = (name: string) => `var(${lines.find((line) => line.name === name)?.color})`
  return (
    <>
      {lines.map(({ name, points, color, dash }) => (
        <path
          key={name + color}
          d={pathOf(points, scale)}
          fill="none"
          stroke={`var(${color})`}
          strokeWidth={2}
          strokeDasharray={dash}
        />
      ))}
      {placeNames(ends, [-margins.top, area.height]).map(({ name, x: end, at }) => (
        <text key={name} x={end + 6} y={at} dy="0.32em" fontSize={12} fill={colorOf(name)}>
          {name}
        </text>
      ))}
    </>
  )
}

const { epochs, floor } = numbers
const lastEpoch = epochs[epochs.length - 1]
const lastGate = Math.max(...numbers.gates.layer1.map(([epoch]) => epoch))

const moduleLines = (pointsOf: (module: ModuleName) => readonly Point[]): ExampleLine[] =>
  modules.map((module) => ({ name: module, points: pointsOf(module), ...moduleStyle[module] }))

const Selectivity = (area: Area) => (
  <Lines
    area={area}
    x={[0, lastEpoch]}
    y={[0, 0.62]}
    lines={[
      ...moduleLines((module) => epochs.map((epoch, i) => [epoch, numbers.selectivity[module][i]])),
      { name: 'floor', points: epochs.map((epoch, i) => [epoch, floor[i]]), color: '--floor', dash: '1 3' },
    ]}
  />
)

const Loss = (area: Area) => (
  <Lines
    area={area}
    x={[0, lastEpoch]}
    y={[2, 5]}
    lines={[
      { name: '', points: numbers.training, color: '--ink-2' },
      { name: 'loss', points: numbers.validation, color: '--accent', dash: '6 3' },
    ]}
  />
)

function Sites({ width, height }: Area) {
  const [cell, row] = [width / epochs.length, height / modules.length]
  return modules.flatMap((module, r) =>
    numbers.selectivity[module].map((value, i) => (
      <rect
        key={`${module} ${epochs[i]}`}
        x={i * cell}
        y={r * row}
        width={cell - 1}
        height={row - 1}
        fill="var(--heat-high)"
        fillOpacity={heatShare(value, 0.6)}
      />
    )),
  )
}

const Ablation = (area: Area) => (
  <Lines
    area={area}
    x={[0, 1]}
    y={[0, 25]}
    lines={[
      { name: '', points: numbers.ablation.selective, color: '--run-2' },
      { name: '', points: numbers.ablation.random, color: '--floor', dash: '5 3' },
    ]}
  />
)

function SingleUnits(area: Area) {
  const harms = numbers.singleUnits.map(([, harm]) => harm)
  const scale = scaleOf(area, [0, 1], [Math.min(0, ...harms), Math.max(...harms)])
  return numbers.singleUnits.map(([si, harm]) => (
    <circle key={`${si} ${harm}`} cx={scale.x(si)} cy={scale.y(harm)} r={3} fill="var(--module-layer4)" />
  ))
}

const Linearity = (area: Area) => (
  <Lines area={area} x={[0, lastGate]} y={[0.5, 0.9]} lines={moduleLines((module) => numbers.gates[module])} />
)

function Comparison(area: Area) {
  const { none, 'from-5': late, 'from-0': early } = numbers.arms
  const x: Range = [0, Math.max(...none.map(([epoch]) => epoch))]
  const y: Range = [0, 25]
  const arms = [
    { name: 'none', points: none, color: '--run-1' },
    { name: 'from 5', points: late, color: '--run-2' },
    { name: 'from 0', points: early, color: '--run-3' },
  ]
  const band = (rows: readonly Point[]) => [
    ...rows.map(([at, , , high]) => [at, high]),
    ...rows.map(([at, , low]) => [at, low]).reverse(),
  ]
  return (
    <>
      {arms.map(({ name, points, color }) => (
        <path key={name} d={pathOf(band(points), scaleOf(area, x, y))} fill={`var(${color})`} fillOpacity={0.2} />
      ))}
      <Lines area={area} x={x} y={y} lines={arms} />
    </>
  )
}

function Distribution(area: Area) {
  const { bins, floor: chance } = numbers.units
  const [x, y]: [Range, Range] = [
    [0, bins.length],
    [0, Math.max(...bins, ...chance)],
  ]
  const scale = scaleOf(area, x, y)
  const outline = chance.map((count, i) => [i + 0.5, count])
  return (
    <>
      {bins.map((count, i) => (
        <rect
          // biome-ignore lint/suspicious/noArrayIndexKey: a bin is its index
          key={i}
          x={scale.x(i)}
          y={scale.y(count)}
          width={scale.x(1) - 1}
          height={area.height - scale.y(count)}
          fill="var(--module-layer2)"
        />
      ))}
      <Lines area={area} x={x} y={y} lines={[{ name: '', points: outline, color: '--floor', dash: '3 2' }]} />
    </>
  )
}

/** The drawings, given the size of their plot area. */
export const drawings: Readonly<Record<ExampleName, (area: Area) => ReactNode>> = {
  selectivity: Selectivity,
  'loss-and-accuracy': Loss,
  sites: Sites,
  ablation: Ablation,
  'single-units': SingleUnits,
  linearity: Linearity,
  comparison: Comparison,
  distribution: Distribution,
}

export function Example({ name }: { readonly name: ExampleName }) {
  return (
    <PlotArea height={120}>
      {(width, height) => {
        const area = { width: width - margins.right, height: height - margins.top - margins.bottom }
        return (
          <svg width={width} height={height} aria-hidden="true">
            <g transform={`translate(1 ${margins.top})`}>
              <path d={`M0 0V${area.height}H${area.width}`} fill="none" stroke="var(--line-2)" />
              {drawings[name](area)}
            </g>
          </svg>
        )
      }}
    </PlotArea>
  )
}
