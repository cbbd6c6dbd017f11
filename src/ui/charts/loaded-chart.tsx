/** A chart that is loaded on its first use. An error in it, and the time to load it, concern no other. */
import { type ReactNode, Suspense } from 'react'
import { Boundary } from '../boundary/boundary.tsx'
import type { ChartSize } from '../figure/chart-frame.tsx'

interface Props {
  readonly title: string
  readonly size: ChartSize
  readonly children: ReactNode
}

export const LoadedChart = ({ title, size, children }: Props) => (
  <Boundary part={title}>
    <Suspense fallback={<Loading title={title} size={size} />}>{children}</Suspense>
  </Boundary>
)

const Loading = ({ title, size }: Omit<Props, 'children'>) => (
  <section className={`chart ${size}`} aria-label={title} aria-busy="true">
    <header className="chart-head">
      <h2>{title}</h2>
    </header>
    <p className="quiet">Loading…</p>
  </section>
)
