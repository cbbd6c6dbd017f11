/** Class tuning: bars of the classes that activate a unit most. The table has all classes. */
import type { Run } from '../../../runs/reduce.ts'
import { ChartFrame } from '../../figure/chart-frame.tsx'
import { useIsFullScreen } from '../../figure/full-screen.ts'
import { PlotArea } from '../../plot/plot-area.tsx'
import { type TunedClass, tuningCaption, tuningTable } from './model.ts'

const none: ReadonlySet<string> = new Set()
const most = 12
const rowHeight = 18
const axisHeight = 16
const nameWidth = 96
const valueWidth = 44

interface Props {
  readonly run: Run
  readonly classes: readonly TunedClass[]
  readonly epoch: number
  /** The color of the unit's module. */
  readonly color: string
}

export function TuningChart({ run, classes, epoch, color }: Props) {
  const rest = classes.length - most
  return (
    <ChartFrame
      id="class-tuning"
      title="Class tuning"
      topic="class-tuning"
      caption={`${tuningCaption(classes, epoch)}${rest > 0 ? ` The table has ${rest} more classes.` : ''}`}
      legend={[]}
      hidden={none}
      onToggle={() => {}}
      table={tuningTable(run, classes)}
    >
      <TuningPlot classes={classes} color={color} />
    </ChartFrame>
  )
}

/** The classes that have room in full screen, else the first of them. */
function TuningPlot({ classes, color }: Pick<Props, 'classes' | 'color'>) {
  const isFull = useIsFullScreen()
  return (
    <PlotArea>
      {(width, height) => {
        const room = isFull ? Math.max(most, Math.floor((height - axisHeight) / rowHeight)) : most
        return <Bars classes={classes.slice(0, room)} width={width} color={color} />
      }}
    </PlotArea>
  )
}

const cut = (name: string) => (name.length > 15 ? `${name.slice(0, 14)}…` : name)

interface BarsProps {
  readonly classes: readonly TunedClass[]
  readonly width: number
  readonly color: string
}

function Bars({ classes, width, color }: BarsProps) {
  const highest = Math.max(1e-9, ...classes.map(({ mean }) => mean))
  const room = Math.max(1, width - nameWidth - valueWidth)
  const height = classes.length * rowHeight + axisHeight
  return (
    <svg data-plot="tuning" width={width} height={height} role="img" aria-label="Mean activation by class">
      {classes.map(({ index, name, mean }, i) => {
        const bar = Math.max(0, (mean / highest) * room)
        return (
          <g key={index} transform={`translate(0 ${i * rowHeight})`} fontSize={12}>
            <title>{`${name}: ${mean}`}</title>
            <text x={nameWidth - 6} y={13} textAnchor="end" fill="var(--ink)">
              {cut(name)}
            </text>
            <rect x={nameWidth} y={3} width={bar} height={rowHeight - 6} fill={`var(${color})`} fillOpacity={0.75} />
            <text x={nameWidth + bar + 4} y={13} fill="var(--ink-2)">
              {mean.toPrecision(3)}
            </text>
          </g>
        )
      })}
      <line x1={nameWidth} x2={nameWidth} y2={classes.length * rowHeight} stroke="var(--line-2)" />
      <text x={nameWidth} y={height - 3} fontSize={11} fill="var(--ink-2)">
        mean activation
      </text>
    </svg>
  )
}
