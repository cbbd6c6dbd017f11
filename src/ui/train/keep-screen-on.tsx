import { Switch } from 'react-aria-components'
import { lab, useLab } from '../../store/lab.ts'

/** A computer that sleeps trains nothing. */
export function KeepScreenOn() {
  const on = useLab((state) => state.keepScreenOn)
  return (
    <div className="retune">
      <Switch className="switch" isSelected={on} onChange={lab.setKeepScreenOn}>
        <span className="switch-track" />
        Keep the screen on during training
      </Switch>
      <p className="quiet">
        Keeps the computer from going to sleep by itself while a run trains and this tab is visible. Training goes on in
        a hidden tab too.
      </p>
    </div>
  )
}
