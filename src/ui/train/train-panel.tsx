import { Switch } from 'react-aria-components'
import { lab, useLab } from '../../store/lab.ts'
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
      <Retune />
      <Eager />
    </>
  )
}

/** For a doubt about the compiled step, or a comparison with it. */
function Eager() {
  const eager = useLab((state) => state.eager)
  return (
    <div className="retune">
      <Switch className="switch" isSelected={!eager} onChange={(compiled) => lab.setEager(!compiled)}>
        <span className="switch-track" />
        Compile the training step
      </Switch>
      <p className="quiet">
        A compiled step is recorded once and replayed: less memory, no work for JavaScript, the same numbers to the last
        bit. Applies from the next start.
      </p>
    </div>
  )
}

/** Timings are kept between visits; after a change of driver or of what else runs, they may be worth taking again. */
function Retune() {
  const retune = useLab((state) => state.retune)
  return (
    <div className="retune">
      <Switch className="switch" isSelected={retune} onChange={lab.setRetune}>
        <span className="switch-track" />
        Time the kernels at the next start
      </Switch>
      <p className="quiet">
        Which kernel is fastest depends on the GPU. A first start measures it, for half a minute at most, and keeps the
        result; this measures again.
      </p>
    </div>
  )
}
