/** A few images of the dataset: of all classes, or of the selected class. */
import type { Sample } from '../../protocol/data-report.ts'
import type { ClassInfo } from '../../protocol/environment.ts'
import { useLab } from '../../store/lab.ts'
import { ClassSelect } from './class-select.tsx'
import { Pixels } from './pixels.tsx'

interface Props {
  readonly samples: readonly Sample[]
  readonly classes: readonly ClassInfo[]
}

export function Samples({ samples, classes }: Props) {
  const looked = useLab((state) => state.classSamples)
  if (samples.length === 0) return null
  const waiting = looked !== null && looked.samples === null
  const shown = looked?.samples ?? samples
  return (
    <div className="sample-grid">
      <ClassSelect classes={classes} />
      <ul className="samples" aria-label="Sample images" aria-busy={waiting}>
        {shown.map((sample) => (
          <li key={sample.path}>
            <SampleImage sample={sample} name={classes[sample.label]?.name ?? ''} byFile={looked !== null} />
          </li>
        ))}
      </ul>
      {shown.length === 0 && <p className="quiet">The images of this class can no longer be read.</p>}
    </div>
  )
}

const fileName = (path: string) => path.slice(path.lastIndexOf('/') + 1)

interface SampleProps {
  readonly sample: Sample
  /** The name of its class. */
  readonly name: string
  /** Captions the image with its file name, for samples of one class. */
  readonly byFile: boolean
}

function SampleImage({ sample, name, byFile }: SampleProps) {
  return (
    <figure className="sample" title={sample.path}>
      <Pixels image={sample} name={`${name}, ${sample.path}`} />
      <figcaption aria-hidden="true">{byFile ? fileName(sample.path) : name}</figcaption>
    </figure>
  )
}
