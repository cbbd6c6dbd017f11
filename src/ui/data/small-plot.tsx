import type { ReactNode } from 'react'

interface Props {
  readonly title: string
  /** All of it in words. */
  readonly label: string
  /** Across the width, in percent. */
  readonly ticks: readonly { readonly at: number; readonly text: string }[]
  /** Drawn in a square of 100 by 100 that is stretched to the plot. */
  readonly children: ReactNode
}

/** A plot of a line's height, as wide as there is room. */
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
