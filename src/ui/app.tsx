/** The page: header, rail, charts, inspector and time line. A boundary around each part confines its errors. */
import { useEffect } from 'react'
import { useExperiments } from '../store/experiments/page.ts'
import { isFirstVisit } from '../store/first-visit.ts'
import { useLab } from '../store/lab.ts'
import { pageMemory } from '../store/persist.ts'
import { closingLosesRun } from '../store/status.ts'
import { useTour } from '../store/tour.ts'
import { Banners } from './banners/banners.tsx'
import { EndNotice } from './banners/end-notice.tsx'
import { NoWebGpu } from './banners/no-webgpu.tsx'
import { Warnings } from './banners/warnings.tsx'
import { Welcome } from './banners/welcome.tsx'
import { Boundary } from './boundary/boundary.tsx'
import { later } from './boundary/later.tsx'
import { Center } from './compare/center.tsx'
import { Problems } from './compare/problems.tsx'
import { pageDrop } from './data/page-drop.ts'
import { useDropGuard } from './data/use-drop-guard.ts'
import { Header } from './header/header.tsx'
import { Inspector } from './inspector/inspector.tsx'
import { Keys } from './keys/keys.tsx'
import { Rail } from './rail/rail.tsx'
import { useClosedWhileWide } from './rail/use-closed-while-wide.ts'
import { useObserveAtStart } from './rail/use-observe-at-start.ts'
import { Regularizer } from './regularizer/regularizer.tsx'
import { openAddressOfRun } from './runs/dropped-runs.ts'
import { TimeLine } from './timeline/time-line.tsx'
import { welcome } from './tour/examples.ts'
import { useNarrow } from './use-media.ts'
import './app.css'
import './controls/controls.css'

/** Drawn after the rest of the page. */
const Charts = later(async () => (await import('./charts/charts.tsx')).Charts, null)

/** The rail of narrow screens. */
const SetupDrawer = later(async () => (await import('./rail/setup-drawer.tsx')).SetupDrawer, null)

/** Few visits show it. */
const Tour = later(async () => (await import('./tour/tour.tsx')).Tour, null)

export function App() {
  useLeaveWarning()
  useDropGuard()
  useFirstView()
  const narrow = useNarrow()
  useClosedWhileWide(narrow)
  useObserveAtStart()
  const isRun = useExperiments(({ center }) => center === 'run')
  const touring = useTour(({ step }) => step !== null)
  return (
    <div className={isRun ? 'app' : 'app app-wide'}>
      <Header />
      <Boundary part="Banners">
        <Banners />
      </Boundary>
      {narrow ? <SetupDrawer /> : <Rail />}
      <main className="center" id="charts" tabIndex={-1} {...pageDrop}>
        <Center>
          <Boundary part="Regularizer">
            <Regularizer />
          </Boundary>
          <Boundary part="Messages">
            <NoWebGpu />
            <Problems />
            <EndNotice />
            <Warnings />
            <Welcome />
          </Boundary>
          <Boundary part="Charts">
            <Charts />
          </Boundary>
        </Center>
      </main>
      <aside className="inspector" aria-label="Inspector">
        <Boundary part="Inspector">
          <Inspector />
        </Boundary>
      </aside>
      <footer className="time-line">
        <Boundary part="Time line">
          <TimeLine />
        </Boundary>
      </footer>
      <StatusLine />
      <Keys />
      <Boundary part="Tour" brief>
        {touring && <Tour />}
      </Boundary>
    </div>
  )
}

/** Decided once, before the page stores anything. */
const isFirst = isFirstVisit(pageMemory(), window.location)

/** Opens a recorded run on the first visit, else the run that the address names. */
function useFirstView() {
  useEffect(() => void (isFirst ? welcome() : openAddressOfRun(window.location.search, document.baseURI)), [])
}

function StatusLine() {
  const status = useLab((state) => state.status)
  return (
    <p className="visually-hidden" role="status" aria-live="polite">
      {status}
    </p>
  )
}

/**
 * Asks before the page closes where that loses something: a run that has no saved state to resume from, or the rest of a plan.
 * No boundary may contain this.
 */
function useLeaveWarning() {
  const loses = useLab(closingLosesRun)
  const planning = useExperiments(({ plan }) => plan !== null && plan.status !== 'ended')
  const busy = loses || planning
  useEffect(() => {
    if (!busy) return
    const ask = (event: BeforeUnloadEvent) => event.preventDefault()
    window.addEventListener('beforeunload', ask)
    return () => window.removeEventListener('beforeunload', ask)
  }, [busy])
}
