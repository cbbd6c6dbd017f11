import { useLab } from '../../store/lab.ts'
import { isActive } from '../../store/status.ts'

/** Says why the fields are locked. */
export function LockedNote() {
  const locked = useLab(({ run }) => isActive(run.status))
  if (!locked) return null
  return (
    <p className="note">
      You cannot change these fields while a run is active, because its record has one configuration.
    </p>
  )
}
