import { useSeries } from '../../store/series.ts'

const shown = 5

/** Problems that did not end the run, the newest last. */
export function Warnings() {
  const warnings = useSeries(({ run }) => run?.warnings)
  if (!warnings || warnings.length === 0) return null
  const hidden = warnings.length - shown
  return (
    <section className="notice warning" aria-label="Warnings">
      <ul>
        {hidden > 0 && <li>{hidden} earlier warnings are in the run’s log.</li>}
        {warnings.slice(-shown).map(({ step, time, message }) => (
          <li key={`${step} ${time} ${message}`}>
            Step {step}: {message}
          </li>
        ))}
      </ul>
    </section>
  )
}
