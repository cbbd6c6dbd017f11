/** The live control of the regularizer: a switch, the strength α, and who controls it. */
import { Button, Input, NumberField, Switch } from 'react-aria-components'
import { lab, useLab } from '../../store/lab.ts'
import { alphaNow, heldAlpha, shownAlpha } from '../../store/live-actions.ts'
import { useSeries } from '../../store/series.ts'
import { isActive } from '../../store/status.ts'
import { alphaText } from '../format.ts'
import { StrengthSlider } from './strength-slider.tsx'
import './regularizer.css'

export function Regularizer() {
  const live = useLab((state) => state.live)
  const alpha = useLab(shownAlpha)
  return (
    <section className="regularizer" aria-label="Regularizer">
      <Switch className="switch" isSelected={live.on} onChange={lab.setRegularizer}>
        <span className="switch-track" />
        <span>Regularizer</span>
      </Switch>
      <StrengthSlider alpha={alpha} dimmed={!live.on} onChange={lab.setAlpha} />
      <NumberField
        className="alpha-field"
        aria-label="α, exact value"
        value={alpha}
        minValue={-100}
        maxValue={100}
        step={0.01}
        formatOptions={{ maximumFractionDigits: 2 }}
        onChange={lab.setAlpha}
        isWheelDisabled
      >
        <span aria-hidden="true">α =</span>
        <Input className="input number" />
      </NumberField>
      <Applied />
      <Button className="button" onPress={lab.handBack} isDisabled={!live.held}>
        Hand back
      </Button>
    </section>
  )
}

/** The α of the newest step, and who controls it. */
function Applied() {
  const live = useLab((state) => state.live)
  const planned = useLab(alphaNow)
  const active = useLab(({ run: { status } }) => isActive(status))
  const newest = useSeries(({ current }) => current?.steps.column('alpha').at(-1))
  const applied = active ? newest : undefined
  const next = live.held ? heldAlpha(live) : planned
  const when = active ? (applied === undefined ? 'Next step' : 'Now') : 'Starts at'
  return (
    <p className="applied">
      {when} <b>α {alphaText(applied ?? next)}</b>,{' '}
      <span className={live.held ? 'holder held' : 'holder'}>{live.held ? 'set by you' : 'as planned'}</span>
    </p>
  )
}
