import { useEffect, useRef } from 'react'
import type { Sample } from '../../protocol/data-report.ts'

interface Props {
  readonly image: Pick<Sample, 'rgba' | 'width' | 'height'>
  readonly name: string
}

/** An image of a dataset. It is drawn again after the GPU was lost, because Chromium then empties every canvas. */
export function Pixels({ image, name }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    const own = canvas.current
    const { rgba, width, height } = image
    const draw = () => own?.getContext('2d')?.putImageData(new ImageData(rgba, width, height), 0, 0)
    draw()
    own?.addEventListener('contextrestored', draw)
    return () => own?.removeEventListener('contextrestored', draw)
  }, [image])
  return <canvas ref={canvas} width={image.width} height={image.height} role="img" aria-label={name} />
}
