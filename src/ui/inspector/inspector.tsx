/** The inspector of the selected unit, or of the selected site. */

import { Suspense } from 'react'
import { useLab } from '../../store/lab.ts'
import { useShownRun } from '../../store/series.ts'
import { ExampleTag } from '../figure/example-tag.tsx'
import { measurementKey } from '../plot/run-at.ts'
import { hasSites, missingSites } from '../units/missing.ts'
import './inspector.css'
import { loadable } from '../boundary/later.tsx'

const empty =
  'How selective the units of a residual block are, and for which classes. Click a cell of “Selectivity by site” to choose a block, then a unit to see what activates it.'

// Loaded when a run has something to inspect.
const Selected = loadable(async () => (await import('./selected.tsx')).Selected)
const Example = loadable(async () => (await import('../charts/examples/example.tsx')).Example)

/** Without a run: what will be here. */
function Empty({ text, hasExample }: { readonly text: string; readonly hasExample: boolean }) {
  return (
    <section className="site" aria-label="Nothing to inspect yet">
      <header className="chart-head">
        <h2>Inspector</h2>
        {hasExample && <ExampleTag />}
      </header>
      <p className="quiet">{text}</p>
      {hasExample && (
        <div className="chart-example" aria-hidden="true">
          <Suspense>
            <Example name="distribution" />
          </Suspense>
        </div>
      )}
    </section>
  )
}

export function Inspector() {
  const run = useShownRun(measurementKey)
  const moment = useLab((state) => state.view.moment)
  const selected = useLab((state) => state.view.site)
  const unit = useLab((state) => state.view.unit)
  if (!run || run.probes.length === 0) return <Empty text={empty} hasExample />
  if (!hasSites(run)) return <Empty text={missingSites} hasExample={false} />
  return (
    <Suspense fallback={<p className="quiet">Loading…</p>}>
      <Selected run={run} moment={moment} selected={selected} unit={unit} />
    </Suspense>
  )
}
