/** Banners below the header: failures, what a run prepares, a software adapter. */
import { useState } from 'react'
import { Button, ProgressBar } from 'react-aria-components'
import { presetOf } from '../../config/presets.ts'
import { lab, useLab } from '../../store/lab.ts'
import { useSeries } from '../../store/series.ts'
import { isActive } from '../../store/status.ts'
import { count } from '../format.ts'
import { Recovered, Recovering } from './recovery.tsx'
import { Unfinished } from './unfinished.tsx'
import './banners.css'

export function Banners() {
  return (
    <aside className="banners" aria-label="Notices">
      <Failure />
      <Recovering />
      <Recovered />
      <Unfinished />
      <NotStored />
      <Tuning />
      <Compiling />
      <Preparing />
      <SoftwareAdapter />
    </aside>
  )
}

function Failure() {
  const failure = useLab((state) => state.failure)
  const refused = useLab(({ device }) => device.status === 'refused')
  const microBatch = useLab((state) => state.fittingMicroBatch)
  const fitsRecomputed = useLab((state) => state.fitsRecomputed)
  if (!failure) return null
  return (
    <div className="banner danger" role="alert">
      <p>
        <b>Something failed.</b> {failure}
      </p>
      {refused && (
        <Button className="button" onPress={lab.open}>
          Try again
        </Button>
      )}
      {fitsRecomputed && (
        <Button className="button" onPress={lab.takeRecomputation}>
          Recompute activations
        </Button>
      )}
      {microBatch !== null && (
        <Button className="button" onPress={lab.takeFittingMicroBatch}>
          Use micro-batch {microBatch}
        </Button>
      )}
      <Button className="button" onPress={lab.dismissFailure}>
        Dismiss
      </Button>
    </div>
  )
}

/** What the run records is lost when the page closes. */
function NotStored() {
  const reason = useLab((state) => state.notStored)
  if (!reason) return null
  return (
    <div className="banner danger" role="alert">
      <p>
        <b>Not stored.</b> {reason}
      </p>
      <Button className="button" onPress={() => void lab.exportRun()}>
        Export now
      </Button>
      <Button className="button" onPress={lab.dismissNotStored}>
        Dismiss
      </Button>
    </div>
  )
}

interface BarProps {
  readonly label: string
  readonly done: number
  readonly total: number
}

const Bar = ({ label, done, total }: BarProps) => (
  <ProgressBar className="tuning-bar" aria-label={label} value={done} maxValue={total}>
    {({ percentage }) => (
      <span className="bar">
        <span className="bar-fill" style={{ width: `${percentage}%` }} />
      </span>
    )}
  </ProgressBar>
)

/** Shows the timing of kernels, which happens once per adapter. The user can skip it. */
function Tuning() {
  const tuning = useLab((state) => state.tuning)
  if (!tuning) return null
  const { done, total, work } = tuning
  return (
    <div className="banner">
      <p>
        <b>Timing kernels on this GPU (once):</b> {done} of {total}. <span className="quiet">{work}</span>
      </p>
      <Bar label="Timing kernels" done={done} total={total} />
      <Button className="button" onPress={lab.skipTuning}>
        Skip
      </Button>
    </div>
  )
}

/** Shows the compiling of the shaders that a run needs next. */
function Compiling() {
  const compiling = useLab((state) => state.compiling)
  if (!compiling) return null
  const { done, total } = compiling
  return (
    <div className="banner">
      <p>
        <b>Compiling shaders</b> {done} of {total}
      </p>
      <Bar label="Compiling shaders" done={done} total={total} />
    </div>
  )
}

/** Shows the reading of images before a run, and whether the cache has room for them. */
function Preparing() {
  const preparing = useLab((state) => state.preparing)
  if (!preparing) return null
  const { done, total, cached } = preparing
  return (
    <div className="banner">
      <p>
        <b>Reading images for the run:</b> {count(done)} of {count(total)}.{' '}
        <span className="quiet">
          {cached
            ? 'The cache stores them for the next run.'
            : 'The cache has no room for them, so every epoch decodes them again.'}
        </span>
      </p>
      <Bar label="Reading images" done={done} total={total} />
      <Button className="button" onPress={lab.stop}>
        Cancel
      </Button>
    </div>
  )
}

/** Before the first run, until it is dismissed; the header keeps the word “software”. */
function SoftwareAdapter() {
  const hasTrained = useSeries(({ current, stored }) => current?.start != null && !stored)
  const device = useLab((state) => state.device)
  const active = useLab(({ run }) => isActive(run.status))
  const small = useLab(({ config }) => presetOf(config)?.id === 'small')
  const [dismissed, setDismissed] = useState(false)
  if (device.status !== 'ready' || !device.adapter.software || active || dismissed || hasTrained) return null
  return (
    <div className="banner warning">
      <p>
        <b>No GPU.</b> The CPU computes, several hundred times slower.{' '}
        {small ? 'The form has the small preset, which trains in minutes.' : 'The small preset trains in minutes.'}
      </p>
      {!small && (
        <Button className="button quiet-button" onPress={() => lab.applyPreset('small')}>
          Use the small preset
        </Button>
      )}
      <Button className="button quiet-button" aria-label="Dismiss: no GPU" onPress={() => setDismissed(true)}>
        Dismiss
      </Button>
    </div>
  )
}
