/** The line above every plot that shows the values under the pointer, or those of the shown moment. Its place never changes. */
import type { ReactNode } from 'react'
import './plot.css'

export interface ReadoutValue {
  readonly label: string
  readonly value: string
  /** A CSS custom property; shows a dot of this color before the label. */
  readonly color?: string
}

interface Props {
  /** `epoch 1.5` */
  readonly title: string
  readonly lines: readonly ReadoutValue[]
}

export const Readout = ({ title, lines }: Props) => (
  <>
    <span className="readout-title">{title}</span>
    {lines.map(({ label, value, color }) => (
      <span key={label} className="readout-value">
        {color && <span className="readout-dot" style={{ background: `var(${color})` }} />}
        {label} <b>{value}</b>
      </span>
    ))}
  </>
)

interface LineProps {
  /** Receives the element, for an overlay that draws into it. */
  readonly place?: (element: HTMLElement | null) => void
  readonly children?: ReactNode
}

/** The kept place of a readout. The table has the same numbers, so assistive technology does not hear every movement. */
export const ReadoutLine = ({ place, children }: LineProps) => (
  <p className="plot-readout" ref={place} aria-hidden="true">
    {children}
  </p>
)
