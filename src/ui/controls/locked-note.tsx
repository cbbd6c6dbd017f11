import { useLab } from '../../store/lab.ts'
import { isActive } from '../../store/status.ts'

/** Why the fields cannot be changed now. */
export function LockedNote() {
  const locked = useLab(({ run }) => isActive(run.status))
  if (!locked) return null
  return <p className="note">These stay as they are while a run is on: its record names one configuration.</p>
}
