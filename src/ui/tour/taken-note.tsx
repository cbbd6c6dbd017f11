/** In the step Data: which images fit the settings that were copied from an example. */
import { Button } from 'react-aria-components'
import { useLab } from '../../store/lab.ts'
import { isActive, loadedData } from '../../store/status.ts'
import { useTour } from '../../store/tour.ts'
import { trainOnCifar10 } from './train-it.ts'
import './example-note.css'

export function TakenNote() {
  const taken = useTour((state) => state.taken)
  const isDone = useLab(
    ({ data, run }) => data.status === 'reading' || loadedData(data) !== null || isActive(run.status),
  )
  if (!taken || isDone) return null
  const { example, config } = taken
  return (
    <div className="note taken-note">
      <p>
        The form has the settings of “{example.title}”, which was trained on {example.provenance.data}.
      </p>
      <p>
        Drop an ImageNet subset below: a folder or an archive with one folder for each class. Without one, take the
        built-in CIFAR-10, where layer1 and layer2 rise and recede.
      </p>
      <Button className="button primary" onPress={() => trainOnCifar10(example, config)}>
        Train it on CIFAR-10
      </Button>
    </div>
  )
}
