/** What must not be overlooked. */
import { Button } from 'react-aria-components'
import { applyPreset, dismissFailure, open, useLab } from '../../store/lab.ts'
import { isActive } from '../../store/status.ts'
import { activePreset } from '../model/active-preset.ts'
import './notices.css'

export function Notices() {
  return (
    <aside className="notices" aria-label="Notices">
      <Failure />
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
        <Button className="button" onPress={open}>
          Try again
        </Button>
      )}
      <Button className="button" onPress={dismissFailure}>
        Dismiss
      </Button>
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
        <Button className="button" onPress={() => applyPreset('small')}>
          Use the small preset
        </Button>
      )}
    </div>
  )
}
