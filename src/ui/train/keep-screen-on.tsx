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
        The computer does not go to sleep while a run trains and this tab is visible. Training also goes on in a hidden
        tab.
      </p>
    </div>
  )
}
