/** What must not be overlooked. */
import { Button, ProgressBar } from 'react-aria-components'
import { lab, useLab } from '../../store/lab.ts'
import { isActive } from '../../store/status.ts'
import { count } from '../format.ts'
import { activePreset } from '../model/active-preset.ts'
import './notices.css'

export function Notices() {
  return (
    <aside className="notices" aria-label="Notices">
      <Failure />
      <Tuning />
      <Preparing />
      <SoftwareAdapter />
    </aside>
  )
}

function Failure() {
  const failure = useLab((state) => state.failure)
  const refused = useLab(({ device }) => device.status === 'refused')
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
      <Button className="button" onPress={lab.dismissFailure}>
        Dismiss
      </Button>
    </div>
  )
}

/** Kernels are timed once for an adapter; nobody has to wait for it. */
function Tuning() {
  const tuning = useLab((state) => state.tuning)
  if (!tuning) return null
  const { done, total, work } = tuning
  return (
    <div className="banner">
      <p>
        <b>Timing kernels on this GPU, once:</b> {done} of {total}. <span className="quiet">{work}</span>
      </p>
      <ProgressBar className="tuning-bar" aria-label="Timing kernels" value={done} maxValue={total}>
        {({ percentage }) => (
          <span className="bar">
            <span className="bar-fill" style={{ width: `${percentage}%` }} />
          </span>
        )}
      </ProgressBar>
      <Button className="button" onPress={lab.skipTuning}>
        Skip
      </Button>
    </div>
  )
}

/** Images are decoded once for all epochs; where they cannot be kept, the user knows why each epoch takes its time. */
function Preparing() {
  const preparing = useLab((state) => state.preparing)
  if (!preparing) return null
  const { done, total, kept } = preparing
  return (
    <div className="banner">
      <p>
        <b>Decoding images for the run:</b> {count(done)} of {count(total)}.{' '}
        <span className="quiet">
          {kept
            ? 'They are kept for the next run. Stop ends it.'
            : 'There is no room to keep them: they are decoded anew in each epoch.'}
        </span>
      </p>
      <ProgressBar className="tuning-bar" aria-label="Decoding images" value={done} maxValue={total}>
        {({ percentage }) => (
          <span className="bar">
            <span className="bar-fill" style={{ width: `${percentage}%` }} />
          </span>
        )}
      </ProgressBar>
    </div>
  )
}

function SoftwareAdapter() {
  const device = useLab((state) => state.device)
  const active = useLab(({ run }) => isActive(run.status))
  const small = useLab(({ config }) => activePreset(config) === 'small')
  if (device.status !== 'ready' || !device.adapter.software || active) return null
  return (
    <div className="banner warning">
      <p>
        <b>No graphics processor:</b> {device.adapter.name} computes on the processor, some hundred times slower.{' '}
        {small
          ? 'The small preset is chosen, which trains in minutes all the same.'
          : 'A small network still trains in minutes.'}
      </p>
      {!small && (
        <Button className="button" onPress={() => lab.applyPreset('small')}>
          Use the small preset
        </Button>
      )}
    </div>
  )
}
