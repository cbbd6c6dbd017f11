/** One row: name, state, progress and speed of the run, its controls, the device, and settings of the page. */
import { Button, ToggleButton } from 'react-aria-components'
import { useExperiments } from '../../store/experiments/page.ts'
import { useLab } from '../../store/lab.ts'
import { setExplained, showSetup, usePageView } from '../../store/page-view.ts'
import { series, useRun, useSeries } from '../../store/series.ts'
import { configNow, isActive, isPaused } from '../../store/status.ts'
import { Boundary } from '../boundary/boundary.tsx'
import { duration, rate } from '../format.ts'
import { HelpButton } from '../keys/keys.tsx'
import { withShortcut } from '../keys/with-shortcut.tsx'
import { exampleOfRun } from '../tour/examples.ts'
import { TourButton } from '../tour/tour-button.tsx'
import { useNarrow } from '../use-media.ts'
import { Device } from './device.tsx'
import { Progress } from './progress.tsx'
import { RunButtons } from './run-buttons.tsx'
import { stateText } from './state-text.ts'
import { ThemeMenu } from './theme-menu.tsx'
import './header.css'

export function Header() {
  const narrow = useNarrow()
  return (
    <header className="header">
      {narrow && (
        <Button className="button setup-button" onPress={() => showSetup(true)}>
          Setup
        </Button>
      )}
      <div className="brand">
        <div className="brand-top">
          <h1>Selectivity Lab</h1>
          <Boundary part="State" brief>
            <RunState />
          </Boundary>
        </div>
        <Boundary part="Name" brief>
          <RunName />
        </Boundary>
      </div>
      <div className="run-progress">
        <Boundary part="Progress" brief>
          <Progress />
        </Boundary>
        <Boundary part="Speed" brief>
          <Speed />
        </Boundary>
      </div>
      <RunButtons />
      <div className="page-buttons">
        <Boundary part="GPU" brief>
          <Device />
        </Boundary>
        {!narrow && <TourButton />}
        <Explain />
        <ThemeMenu />
        <HelpButton />
      </div>
    </header>
  )
}

/** The name of the run that trains or has ended, else of the next one. A recorded run has the title of its example. */
function RunName() {
  const id = useSeries(({ current }) => current?.id ?? '')
  const title = useExperiments((state) => {
    const example = exampleOfRun(state, id)
    return example?.kind === 'run' ? example.title : undefined
  })
  const named = useSeries(({ current }) => current?.name ?? current?.start?.config.name)
  const configured = useLab((state) => configNow(state).name)
  const name = title ?? named ?? configured
  return (
    <p className="run-title" title={name}>
      {name}
    </p>
  )
}

function RunState() {
  const status = useLab((state) => state.run.status)
  const text = useSeries(({ current }) => stateText(status, current))
  const measuring = useLab((state) => isPaused(state.run.status) && state.measuring.current !== null)
  return <span className={`run-state run-state-${status}`}>{measuring ? 'Measuring' : text}</span>
}

/** Of an active run. */
function Speed() {
  useRun()
  const live = useLab((state) => isActive(state.run.status))
  if (!live) return null
  const speed = series.pace().imagesPerSecond()
  const left = series.pace().timeLeft()
  return (
    <dl className="stats">
      <Stat name="Images/s" value={speed === null ? '–' : rate(speed)} />
      <Stat name="Time left" value={left === null ? '–' : duration(left)} />
    </dl>
  )
}

function Stat({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div className="stat">
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  )
}

/** Shows or hides the explanations of charts and settings. */
function Explain() {
  const explained = usePageView((view) => view.explained)
  return (
    <ToggleButton className="button" isSelected={explained} onChange={setExplained} render={withShortcut('explain')}>
      Explain
    </ToggleButton>
  )
}
