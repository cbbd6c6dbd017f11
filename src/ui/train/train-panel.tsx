import { useLab } from '../../store/lab.ts'
import { startBlocker } from '../../store/status.ts'
import { FieldGroups } from '../controls/field-groups.tsx'
import { LockedNote } from '../controls/locked-note.tsx'

export function TrainPanel() {
  const blocker = useLab((state) => (state.run.status === 'idle' ? startBlocker(state) : null))
  return (
    <>
      {blocker && <p className="quiet">{blocker}</p>}
      <LockedNote />
      <FieldGroups section="train" />
    </>
  )
}
