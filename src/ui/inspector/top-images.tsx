/** The validation images that activate a unit most. */
import type { ActivatingImage } from '../../protocol/measurement.ts'
import type { Run } from '../../runs/reduce.ts'
import { className } from '../charts/unit-history/model.ts'
import { Pixels } from '../data/pixels.tsx'

interface Props {
  readonly run: Run
  readonly images: readonly ActivatingImage[]
}

export function TopImages({ run, images }: Props) {
  if (images.length === 0)
    return <p className="quiet">No validation image activates this unit, or the images can no longer be read.</p>
  return (
    <ol className="top-images" aria-label="Images that activate it most">
      {images.map((image) => (
        <li key={image.sample.path}>
          <Thumbnail image={image} name={className(run, image.sample.label)} />
        </li>
      ))}
    </ol>
  )
}

const fileName = (path: string) => path.slice(path.lastIndexOf('/') + 1)

function Thumbnail({
  image: { sample, activation },
  name,
}: {
  readonly image: ActivatingImage
  readonly name: string
}) {
  const { path } = sample
  return (
    <figure className="sample" title={`${path}, activation ${activation}`}>
      <Pixels image={sample} name={`${name}, ${path}`} />
      <figcaption>
        <span className="ellipsis">{name}</span>
        <span className="quiet ellipsis">{fileName(path)}</span>
        <span className="quiet">{activation.toPrecision(3)}</span>
      </figcaption>
    </figure>
  )
}
