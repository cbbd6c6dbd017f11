/** Switches a chart to the distance of SI from its chance floor. */
import { memo } from 'react'
import { Switch } from 'react-aria-components'

interface Props {
  readonly isOn: boolean
  readonly onChange: (isOn: boolean) => void
}

export const FloorSwitch = memo(({ isOn, onChange }: Props) => (
  <Switch className="switch" isSelected={isOn} onChange={onChange}>
    <span className="switch-track" />
    SI − floor
  </Switch>
))
