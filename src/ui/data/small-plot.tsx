import type { ReactNode } from 'react'

interface Props {
  readonly title: string
  /** The plot's content in words. */
  readonly label: string
  /** Positions across the width, in percent. */
  readonly ticks: readonly { readonly at: number; readonly text: string }[]
  /** SVG in a square of 100 by 100, which stretches to the plot. */
  readonly children: ReactNode
}

/** A plot with the height of a line of text and the full width. */
export function SmallPlot({ title, label, ticks, children }: Props) {
  return (
    <figure className="small-plot">
      <figcaption className="small-plot-title">{title}</figcaption>
      <svg viewBox="0 0 100 100" preserveAspectRatio="none" role="img" aria-label={label}>
        {children}
      </svg>
      <div className="small-plot-ticks" aria-hidden="true">
        {ticks.map(({ at, text }) => (
          <span key={at} style={{ left: `${at}%`, translate: at < 8 ? '0' : at > 92 ? '-100%' : '-50%' }}>
            {text}
          </span>
        ))}
      </div>
    </figure>
  )
}
