import type { ReactNode } from 'react'

interface Props {
  readonly name: string
  readonly number: number
  readonly children: ReactNode
}

/** One step of the rail, as a region with the step's name. */
export function RailStep({ name, number, children }: Props) {
  return (
    <section className="rail-step" aria-label={name} id={`step-${name.toLowerCase()}`} tabIndex={-1}>
      <h2>
        <span className="step-number" aria-hidden="true">
          {number}
        </span>
        {name}
      </h2>
      {children}
    </section>
  )
}
