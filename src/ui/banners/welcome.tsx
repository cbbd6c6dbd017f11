import { useLab } from '../../store/lab.ts'
import { loadedData } from '../../store/status.ts'
import { StepLink } from '../rail/step-link.tsx'

/** The first steps. Hidden once a run has started. */
export function Welcome() {
  const idle = useLab(({ run }) => run.status === 'idle')
  const ready = useLab(({ data }) => loadedData(data) !== null)
  const refused = useLab(({ device }) => device.status === 'refused')
  if (!idle || refused) return null
  return (
    <section className="notice welcome" aria-label="First steps">
      <h2>Watch class-selective neurons emerge and recede</h2>
      <ol>
        <li className={ready ? 'done' : undefined}>
          <StepLink step="data">Choose a dataset</StepLink>: the built-in CIFAR-10, or your own images in one folder per
          class.
        </li>
        <li>
          Press <b>Start training</b>. A ResNet learns to classify the images in this page, on your GPU.
        </li>
        <li>
          Watch the selectivity of each module’s units below, and move the <b>regularizer</b> to lower or raise it while
          the network trains.
        </li>
      </ol>
    </section>
  )
}
