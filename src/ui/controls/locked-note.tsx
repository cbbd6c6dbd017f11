import { useLab } from '../../store/lab.ts'
import { isActive } from '../../store/status.ts'

/** Says why the fields are locked. */
export function LockedNote() {
  const locked = useLab(({ run }) => isActive(run.status))
  if (!locked) return null
  return <p className="note">A run is active, so these settings are locked until it ends.</p>
}
