/** The tabs in the middle of the page: this run, all runs, a comparison of runs, and the claims. */
import type { ReactNode } from 'react'
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components'
import { experiments, useExperiments } from '../../store/experiments/page.ts'
import { centers } from '../../store/experiments/state.ts'
import { Boundary } from '../boundary/boundary.tsx'
import { later } from '../boundary/later.tsx'
import './compare.css'

const names = { run: 'This run', runs: 'Runs', compare: 'Compare', claims: 'Claims' } as const

const RunsView = later(async () => (await import('../runs/runs-view.tsx')).RunsView)
const CompareView = later(async () => (await import('./compare-view.tsx')).CompareView)
const ClaimsView = later(async () => (await import('./claims-view.tsx')).ClaimsView)

/** Loads the code of a view, which the user is about to open. */
const preload = { run: undefined, runs: RunsView.preload, compare: CompareView.preload, claims: ClaimsView.preload }

export function Center({ children }: { readonly children: ReactNode }) {
  const center = useExperiments((state) => state.center)
  return (
    <Tabs
      selectedKey={center}
      onSelectionChange={(key) => experiments.showCenter(centers.find((one) => one === key) ?? 'run')}
      keyboardActivation="manual"
    >
      <TabList className="center-tabs" aria-label="Views">
        {centers.map((id) => (
          <Tab key={id} id={id} className="center-tab" onHoverStart={preload[id]} onFocus={preload[id]}>
            {names[id]}
          </Tab>
        ))}
      </TabList>
      <TabPanel id="run">{children}</TabPanel>
      <TabPanel id="runs">
        <Boundary part={names.runs}>
          <RunsView />
        </Boundary>
      </TabPanel>
      <TabPanel id="compare">
        <Boundary part={names.compare}>
          <CompareView />
        </Boundary>
      </TabPanel>
      <TabPanel id="claims">
        <Boundary part={names.claims}>
          <ClaimsView />
        </Boundary>
      </TabPanel>
    </Tabs>
  )
}
