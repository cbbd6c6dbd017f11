import type { ReactNode } from 'react'
import { openStep, type Step } from '../../store/page-view.ts'

interface Props {
  readonly step: Step
  readonly children: ReactNode
}

/** A link that opens a step of the rail and moves the keyboard focus to its header. */
export const StepLink = ({ step, children }: Props) => (
  <a
    href={`#step-${step}`}
    onClick={(event) => {
      // The address keeps the configuration that it has.
      event.preventDefault()
      goToStep(step)
    }}
  >
    {children}
  </a>
)

/** Opens a step and moves the keyboard focus to its header. */
export function goToStep(step: Step): void {
  openStep(step)
  requestAnimationFrame(() => document.querySelector<HTMLElement>(`#step-${step} .step-header`)?.focus())
}
