/** Small, faint drawings of recorded numbers, shown where a chart has none yet. Their origin is in numbers.json. */
import type { ReactNode } from 'react'
import { heatShare } from '../../plot/heat-share.ts'
import { moduleStyle, modules } from '../../plot/modules.ts'
import type { ExampleName } from './names.ts'
import numbers from './numbers.json' with { type: 'json' }

const [width, height] = [400, 110]
/** Names of the lines stand here. */
const right = 52

type Range = readonly [number, number]
type Point = readonly number[]

interface Scale {
  readonly x: (value: number) => number
  readonly y: (value: number) => number
}

const scaleOf = (x: Range, y: Range): Scale => ({
  x: (value) => ((value - x[0]) / (x[1] - x[0])) * (width - right),
  y: (value) => height - ((value - y[0]) / (y[1] - y[0])) * height,
})

const pathOf = (points: readonly Point[], { x, y }: Scale) =>
  `M${points.map(([a, b]) => `${x(a).toFixed(1)},${y(b).toFixed(1)}`).join('L')}`

interface LineProps {
  readonly points: readonly Point[]
  readonly scale: Scale
  /** A CSS custom property. */
  readonly color: string
  readonly dash?: string
  readonly name?: string
}

function Line({ points, scale, color, dash, name }: LineProps) {
  const [x, y] = points[points.length - 1]
  return (
    <>
      <path d={pathOf(points, scale)} fill="none" stroke={`var(${color})`} strokeWidth={2} strokeDasharray={dash} />
      {name && (
        <text x={scale.x(x) + 5} y={scale.y(y)} dy="0.32em" fontSize={11} fill={`var(${color})`}>
          {name}
        </text>
      )}
    </>
  )
}

const Drawing = ({ tall = height, children }: { readonly tall?: number; readonly children: ReactNode }) => (
  <svg viewBox={`0 -6 ${width} ${tall + 12}`} aria-hidden="true">
    <line y1={tall} x2={width - right} y2={tall} stroke="var(--line-2)" />
    <line y2={tall} stroke="var(--line-2)" />
    {children}
  </svg>
)

const { epochs, floor } = numbers
const lastEpoch = epochs[epochs.length - 1]

function Selectivity() {
  const scale = scaleOf([0, lastEpoch], [0, 0.62])
  return (
    <Drawing>
      <Line
        points={epochs.map((epoch, i) => [epoch, floor[i]])}
        scale={scale}
        color="--floor"
        dash="1 3"
        name="floor"
      />
      {modules.map((module) => (
        <Line
          key={module}
          points={epochs.map((epoch, i) => [epoch, numbers.selectivity[module][i]])}
          scale={scale}
          color={moduleStyle[module].color}
          dash={moduleStyle[module].dash}
          name={module}
        />
      ))}
    </Drawing>
  )
}

function Loss() {
  const scale = scaleOf([0, lastEpoch], [2, 5])
  return (
    <Drawing>
      <Line points={numbers.training} scale={scale} color="--ink-2" />
      <Line points={numbers.validation} scale={scale} color="--accent" dash="6 3" name="loss" />
    </Drawing>
  )
}

function Sites() {
  const cell = (width - right) / epochs.length
  const row = 22
  return (
    <Drawing tall={4 * row}>
      {modules.flatMap((module, r) =>
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
      )}
    </Drawing>
  )
}

function Ablation() {
  const scale = scaleOf([0, 1], [0, 32])
  return (
    <Drawing>
      <Line points={numbers.ablation.selective} scale={scale} color="--run-2" />
      <Line points={numbers.ablation.random} scale={scale} color="--floor" dash="5 3" />
    </Drawing>
  )
}

function Linearity() {
  const scale = scaleOf([0, lastEpoch], [0.5, 1])
  return (
    <Drawing>
      {modules.map((module) => (
        <Line
          key={module}
          points={numbers.gates[module]}
          scale={scale}
          color={moduleStyle[module].color}
          dash={moduleStyle[module].dash}
        />
      ))}
    </Drawing>
  )
}

function Comparison() {
  const { none, 'from-4': late, 'from-0': early } = numbers.arms
  const scale = scaleOf([0, Math.max(...none.map(([epoch]) => epoch))], [5, 35])
  const arms = [
    { name: 'none', rows: none, color: '--run-1' },
    { name: 'from 4', rows: late, color: '--run-2' },
    { name: 'from 0', rows: early, color: '--run-3' },
  ]
  return (
    <Drawing>
      {arms.map(({ name, rows, color }) => (
        <g key={name}>
          <path
            d={`${pathOf([...rows.map(([x, , , high]) => [x, high]), ...rows.map(([x, , low]) => [x, low]).reverse()], scale)}Z`}
            fill={`var(${color})`}
            fillOpacity={0.2}
          />
          <Line points={rows} scale={scale} color={color} name={name} />
        </g>
      ))}
    </Drawing>
  )
}

function Distribution() {
  const { bins, floor: chance } = numbers.units
  const most = Math.max(...bins, ...chance)
  const scale = scaleOf([0, bins.length], [0, most])
  return (
    <Drawing>
      {bins.map((count, i) => (
        <rect
          // biome-ignore lint/suspicious/noArrayIndexKey: a bin is its index
          key={i}
          x={scale.x(i)}
          y={scale.y(count)}
          width={scale.x(1) - 1}
          height={height - scale.y(count)}
          fill="var(--module-layer2)"
        />
      ))}
      <Line points={chance.map((count, i) => [i + 0.5, count])} scale={scale} color="--floor" dash="3 2" />
    </Drawing>
  )
}

const drawings: Readonly<Record<ExampleName, () => ReactNode>> = {
  selectivity: Selectivity,
  'loss-and-accuracy': Loss,
  sites: Sites,
  ablation: Ablation,
  linearity: Linearity,
  comparison: Comparison,
  distribution: Distribution,
}

export function Example({ name }: { readonly name: ExampleName }) {
  const View = drawings[name]
  return <View />
}
