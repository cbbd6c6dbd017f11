/** The tooltip of every plot: a title, and lines of labels and values. */
import './plot.css'

export interface TooltipLine {
  readonly label: string
  readonly value: string
  /** A CSS custom property; shows a dot of this color before the label. */
  readonly color?: string
}

interface Props {
  /** The anchor inside the plot, in pixels. */
  readonly left: number
  /** The style sheet's value if absent. */
  readonly top?: number
  /** Places the tooltip to the left of the anchor. */
  readonly toLeft: boolean
  readonly title: string
  /** Text beside the title. */
  readonly note?: string
  readonly lines: readonly TooltipLine[]
}

export const Tip = ({ left, top, toLeft, title, note, lines }: Props) => (
  <dl className={`plot-tip${toLeft ? ' to-left' : ''}`} style={{ left, top }}>
    <dt>{title}</dt>
    <dd>{note}</dd>
    {lines.map((line) => (
      <TipLine key={line.label} line={line} isColored={lines.some(({ color }) => color)} />
    ))}
  </dl>
)

const TipLine = ({
  line: { label, value, color },
  isColored,
}: {
  readonly line: TooltipLine
  readonly isColored: boolean
}) => (
  <>
    <dt>
      {isColored && <span className="tip-dot" style={{ background: color ? `var(${color})` : 'transparent' }} />}
      {label}
    </dt>
    <dd>{value}</dd>
  </>
)
