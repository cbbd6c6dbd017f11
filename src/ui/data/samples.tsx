/** A few images of the data set with their classes. */
import { useEffect, useRef } from 'react'
import type { ClassInfo, Sample } from '../../events.ts'

interface Props {
  readonly samples: readonly Sample[]
  readonly classes: readonly ClassInfo[]
}

export function Samples({ samples, classes }: Props) {
  if (samples.length === 0) return null
  return (
    <ul className="samples" aria-label="Sample images">
      {samples.map((sample, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: samples are replaced all at once and have no name
        <li key={i}>
          <SampleImage sample={sample} name={classes[sample.label]?.name ?? String(sample.label)} />
        </li>
      ))}
    </ul>
  )
}

function SampleImage({ sample, name }: { sample: Sample; name: string }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    const { rgba, width, height } = sample
    canvas.current?.getContext('2d')?.putImageData(new ImageData(rgba, width, height), 0, 0)
  }, [sample])
  return (
    <figure className="sample">
      <canvas ref={canvas} width={sample.width} height={sample.height} role="img" aria-label={name} />
      <figcaption aria-hidden="true" title={name}>
        {name}
      </figcaption>
    </figure>
  )
}
