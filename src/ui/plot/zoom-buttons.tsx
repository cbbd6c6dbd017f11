/** Buttons that zoom and move the charts, as dragging and double-clicking do. */
import { Button } from 'react-aria-components'
import { moved, scaled, type ZoomRange, type ZoomSpace } from './zoom.ts'

interface Props {
  /** Null if everything is visible. */
  readonly range: ZoomRange | null
  /** Called when a button is pressed. */
  readonly space: () => ZoomSpace
  readonly onZoom: (range: ZoomRange | null) => void
}

export function ZoomButtons({ range, space, onZoom }: Props) {
  const scale = (factor: number) => () => onZoom(scaled(range, space(), factor))
  const pan = (share: number) => () => onZoom(range && moved(range, space(), share))
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset has its own legend and layout
    <div className="zoom-buttons" role="group" aria-label="Zoom">
      <Tool name="Zoom in" sign="+" onPress={scale(0.5)} />
      <Tool name="Zoom out" sign="−" isDisabled={!range} onPress={scale(2)} />
      <Tool name="Earlier" sign="‹" isDisabled={!range} onPress={pan(-0.5)} />
      <Tool name="Later" sign="›" isDisabled={!range} onPress={pan(0.5)} />
      <Button className="button quiet-button" isDisabled={!range} onPress={() => onZoom(null)}>
        Reset zoom
      </Button>
    </div>
  )
}

interface ToolProps {
  readonly name: string
  readonly sign: string
  readonly isDisabled?: boolean
  readonly onPress: () => void
}

const Tool = ({ name, sign, isDisabled = false, onPress }: ToolProps) => (
  <Button className="button quiet-button zoom-tool" aria-label={name} isDisabled={isDisabled} onPress={onPress}>
    {sign}
  </Button>
)
