/** Name, state, progress, speed and device of the run, and its controls. */
import type { ReactNode } from 'react'
import { useLab } from '../../store/lab.ts'
import { series, useRun } from '../../store/series.ts'
import { configNow, isActive, isPaused } from '../../store/status.ts'
import { Boundary } from '../boundary/boundary.tsx'
import { bytes, count, duration, rate } from '../format.ts'
import { Graphs } from './graphs.tsx'
import { Progress } from './progress.tsx'
import { RunButtons } from './run-buttons.tsx'
import { stateText } from './state-text.ts'
import { ThemeSelect } from './theme-select.tsx'
import './header.css'

export function Header() {
  return (
    <header className="header">
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
      <Boundary part="Progress" brief>
        <Progress />
      </Boundary>
      <Boundary part="Speed" brief>
        <Speed />
      </Boundary>
      <Boundary part="GPU" brief>
        <Adapter />
      </Boundary>
      <RunButtons />
      <ThemeSelect />
    </header>
  )
}

function RunName() {
  const { current: run } = useRun()
  const status = useLab((state) => state.run.status)
  const configured = useLab((state) => configNow(state).name)
  const name = (isActive(status) && run?.start?.config.name) || configured
  return (
    <p className="run-title" title={name}>
      {name}
    </p>
  )
}

function RunState() {
  const { current: run } = useRun()
  const status = useLab((state) => state.run.status)
  const measuring = useLab((state) => isPaused(state.run.status) && state.measuring.current !== null)
  return <span className={`run-state run-state-${status}`}>{measuring ? 'Measuring' : stateText(status, run)}</span>
}

function Speed() {
  const { current: run } = useRun()
  const status = useLab((state) => state.run.status)
  const live = isActive(status)
  const speed = live ? series.pace().imagesPerSecond() : null
  const left = live ? series.pace().timeLeft() : null
  const memory = run && run.steps.length > 0 ? (run.steps.column('gpuBytes').at(-1) ?? null) : null
  return (
    <dl className="stats">
      <Stat name="Images/s" value={speed === null ? '–' : rate(speed)} />
      <Stat name="Time left" value={left === null ? '–' : duration(left)} />
      <Stat name="GPU memory" value={memory === null ? '–' : <Graphs memory={bytes(memory)} />} />
    </dl>
  )
}

function Stat({ name, value }: { name: string; value: ReactNode }) {
  return (
    <div className="stat">
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  )
}

function Adapter() {
  const device = useLab((state) => state.device)
  const limit = device.status === 'ready' ? device.adapter.limits.maxBufferSize : undefined
  const title = limit ? `Largest buffer ${bytes(limit)}, ${count(limit)} bytes` : undefined
  return (
    <dl className="stats adapter">
      <Stat
        name="GPU"
        value={
          <span title={title}>
            {device.status === 'starting' && 'searching…'}
            {device.status === 'refused' && <span className="danger-text">not usable</span>}
            {device.status === 'ready' && (
              <>
                <span className="adapter-name">{device.adapter.name}</span>
                {device.adapter.software && <span className="badge">software</span>}
              </>
            )}
          </span>
        }
      />
    </dl>
  )
}
