/** Says that the page resumes a failed run by itself, and afterwards what that cost. */
import { Button } from 'react-aria-components'
import { mostFailures } from '../../store/attempts.ts'
import { lab, useLab } from '../../store/lab.ts'
import { count, plural } from '../format.ts'

/** While the run is recovering. */
export function Recovering() {
  const recovery = useLab(({ run }) => run.recovery)
  const failures = useLab(({ run }) => run.attempts.failures)
  const point = useLab(({ run }) => run.point)
  const reading = useLab(({ data }) => data.status === 'reading')
  if (!recovery) return null
  const from = point > 0 ? `the state that was saved after step ${count(point)}` : 'its beginning'
  return (
    <div className="banner warning">
      <p>
        <b>Interrupted at step {count(recovery.at.step)}.</b> {recovery.message} The run goes on by itself from {from}.{' '}
        <span className="quiet">
          {reading ? 'The images are read again. ' : ''}Attempt {failures} of {mostFailures - 1}. Press Stop to end the
          run here.
        </span>
      </p>
    </div>
  )
}

/** After the page has resumed the run. */
export function Recovered() {
  const recovered = useLab((state) => state.recovered)
  if (!recovered) return null
  const { message, at, fromStep } = recovered
  const again = Math.max(0, at.step - fromStep)
  return (
    <div className="banner">
      <p>
        <b>The run goes on.</b> It was interrupted at step {count(at.step)}: {message}{' '}
        {again === 0
          ? 'Nothing was lost.'
          : `It takes ${plural(again, 'step')} again, from step ${count(fromStep)}; the results are the same as without the interruption.`}
      </p>
      <Button className="button" onPress={lab.dismissRecovered}>
        Dismiss
      </Button>
    </div>
  )
}
