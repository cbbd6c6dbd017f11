/** The held-out images that activate a unit most. */
import { useEffect, useRef } from 'react'
import type { ActivatingImage } from '../../protocol/measurement.ts'
import type { Run } from '../../runs/reduce.ts'
import { className } from '../charts/unit-history/model.ts'

interface Props {
  readonly run: Run
  readonly images: readonly ActivatingImage[]
}

export function TopImages({ run, images }: Props) {
  if (images.length === 0)
    return <p className="quiet">No held-out image activates this unit, or the images can no longer be read.</p>
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
  const canvas = useRef<HTMLCanvasElement>(null)
  const { rgba, width, height, path } = sample
  useEffect(() => {
    canvas.current?.getContext('2d')?.putImageData(new ImageData(rgba, width, height), 0, 0)
  }, [rgba, width, height])
  return (
    <figure className="sample" title={`${path}, activation ${activation}`}>
      <canvas ref={canvas} width={width} height={height} role="img" aria-label={`${name}, ${path}`} />
      <figcaption>
        <span className="ellipsis">{name}</span>
        <span className="quiet ellipsis">{fileName(path)}</span>
        <span className="quiet">{activation.toPrecision(3)}</span>
      </figcaption>
    </figure>
  )
}
