/** The buttons Start training / Pause / Resume, Step and Stop. */
import { Button } from 'react-aria-components'
import { lab, useLab } from '../../store/lab.ts'
import type { RunStatus } from '../../store/run-status.ts'
import { isActive, isPaused, startBlocker } from '../../store/status.ts'
import { withShortcut } from '../keys/with-shortcut.tsx'
import { StepLink } from '../rail/step-link.tsx'
import { blockerStep } from './blocker-step.ts'

/** The first button starts, pauses or resumes. It stays one element, so it keeps the keyboard focus. */
function nextOf(status: RunStatus): { name: string; act: () => void } {
  if (!isActive(status)) return { name: 'Start training', act: lab.start }
  return isPaused(status) ? { name: 'Resume', act: lab.resume } : { name: 'Pause', act: lab.pause }
}

export function RunButtons() {
  const status = useLab(({ run }) => run.status)
  const blocker = useLab(startBlocker)
  const step = useLab(blockerStep)
  const active = isActive(status)
  const { name, act } = nextOf(status)
  const blocked = !active && blocker !== null
  return (
    <div className="run-buttons">
      {blocked && (
        <p id="start-blocker" className="start-blocker" title={blocker}>
          {step ? <StepLink step={step}>{blocker}</StepLink> : blocker}
        </p>
      )}
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset would need a legend and other styles */}
      <div role="group" aria-label="Run" className="button-row">
        <Button
          className={`button${active ? '' : ' primary'}`}
          onPress={act}
          isDisabled={blocked || status === 'stopping' || status === 'recovering'}
          aria-describedby={blocked ? 'start-blocker' : undefined}
          render={active ? withShortcut('pause') : undefined}
        >
          {name}
        </Button>
        <Button className="button" onPress={lab.stepOnce} isDisabled={!isPaused(status)} render={withShortcut('step')}>
          Step
        </Button>
        <Button className="button" onPress={lab.stop} isDisabled={!active || status === 'stopping'}>
          Stop
        </Button>
      </div>
    </div>
  )
}
