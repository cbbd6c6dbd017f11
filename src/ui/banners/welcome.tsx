import { Button } from 'react-aria-components'
import { useExperiments } from '../../store/experiments/page.ts'
import { useLab } from '../../store/lab.ts'
import { loadedData } from '../../store/status.ts'
import { useTour } from '../../store/tour.ts'
import { StepLink } from '../rail/step-link.tsx'
import { showArms, showTour } from '../tour/examples.ts'

/** The first steps. Hidden once a run has started or is shown. */
export function Welcome() {
  const idle = useLab(({ run }) => run.status === 'idle')
  const ready = useLab(({ data }) => loadedData(data) !== null)
  const refused = useLab(({ device }) => device.status === 'refused')
  const opening = useTour((state) => state.opening)
  if (!idle) return null
  if (opening) return <p className="notice quiet">Opening a recorded run…</p>
  return (
    <section className="notice welcome" aria-label="First steps">
      <h2>Watch class-selective neurons emerge and recede</h2>
      {!refused && (
        <ol>
          <li className={ready ? 'done' : undefined}>
            <StepLink step="data">Choose a dataset</StepLink>: the built-in CIFAR-10, or your own images in one folder
            per class.
          </li>
          <li>
            Press <b>Start training</b>. A ResNet learns to classify the images in this page, on your GPU.
          </li>
          <li>
            Watch the selectivity of each module’s units below, and move the <b>regularizer</b> to lower or raise it
            while the network trains.
          </li>
        </ol>
      )}
      <Recorded />
    </section>
  )
}

/** Runs that need no training. */
function Recorded() {
  const busy = useExperiments((state) => state.busy !== null)
  return (
    <div className="button-row">
      <Button className="button" isDisabled={busy} onPress={showTour}>
        Tour of a recorded run
      </Button>
      <Button className="button" isDisabled={busy} onPress={showArms}>
        Compare recorded runs
      </Button>
    </div>
  )
}
