import { useLab } from '../../store/lab.ts'
import { loadedData } from '../../store/status.ts'

/** What to do first; gone once a run has started. */
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
          <a href="#step-data">Choose data</a>: the built-in CIFAR-10, or your own images in folders by class.
        </li>
        <li>
          Press <b>Start training</b>. A ResNet learns to classify them in this page, on your GPU.
        </li>
        <li>
          Look at the selectivity of each layer’s units below, and pull the <b>regularizer</b> against it or for it
          while the network trains.
        </li>
      </ol>
    </section>
  )
}
