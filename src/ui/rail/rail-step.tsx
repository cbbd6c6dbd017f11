/** One step of the rail: a region with a header that opens and closes the step's panel. */
import type { ReactNode } from 'react'
import { Button } from 'react-aria-components'
import { closeStep, openStep, type Step, usePageView } from '../../store/page-view.ts'
import { Boundary } from '../boundary/boundary.tsx'
import type { Summary } from './summary.ts'

interface Props {
  readonly step: Step
  readonly name: string
  readonly number: number
  readonly useSummary: () => Summary
  /** Loads the code of the panel, which the user is about to open. */
  readonly preload?: () => void
  /** Shown while the step is open. */
  readonly children: ReactNode
}

export function RailStep({ step, name, number, useSummary, preload, children }: Props) {
  const isOpen = usePageView((view) => view.step === step)
  const panel = `panel-${step}`
  return (
    <section className={isOpen ? 'step step-open' : 'step'} aria-label={name} id={`step-${step}`}>
      <Boundary part={name} brief>
        <h2>
          <Button
            className="step-header"
            aria-labelledby={`name-${step}`}
            aria-describedby={`summary-${step}`}
            aria-expanded={isOpen}
            aria-controls={isOpen ? panel : undefined}
            onHoverStart={preload}
            onFocus={preload}
            onPress={() => (isOpen ? closeStep() : openStep(step))}
          >
            <Header step={step} name={name} number={number} useSummary={useSummary} />
          </Button>
        </h2>
      </Boundary>
      {isOpen && (
        <div className="step-panel" id={panel}>
          <Boundary part={name}>{children}</Boundary>
        </div>
      )}
    </section>
  )
}

const said: Readonly<Record<Summary['state'], string>> = { open: '', busy: '', done: 'Done: ', wrong: 'Problem: ' }

function Header({ step, name, number, useSummary }: Omit<Props, 'preload' | 'children'>) {
  const { state, text } = useSummary()
  return (
    <>
      <span className={`step-mark mark-${state}`} aria-hidden="true">
        {state === 'wrong' ? '!' : state === 'done' ? '' : number}
      </span>
      <span className="step-name" id={`name-${step}`}>
        {name}
      </span>
      <span className="caret" aria-hidden="true" />
      <span className="step-summary" id={`summary-${step}`} title={text}>
        <span className="visually-hidden">{said[state]}</span>
        {text}
      </span>
    </>
  )
}
