import { useEffect, useRef } from 'react'
import type { Sample } from '../../protocol/data-report.ts'

interface Props {
  readonly image: Pick<Sample, 'rgba' | 'width' | 'height'>
  readonly name: string
}

/** An image of a dataset. */
export function Pixels({ image, name }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    const { rgba, width, height } = image
    // A canvas on the GPU would lose its pixels when the GPU is lost; one that is read frequently is in main memory.
    const context = canvas.current?.getContext('2d', { willReadFrequently: true })
    context?.putImageData(new ImageData(rgba, width, height), 0, 0)
  }, [image])
  return <canvas ref={canvas} width={image.width} height={image.height} role="img" aria-label={name} />
}
