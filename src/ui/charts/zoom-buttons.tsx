/** What dragging and double-clicking do in the charts, as buttons. */
import { Button } from 'react-aria-components'
import type { Run } from '../../runs/reduce.ts'
import { setView, useLab } from '../../store/lab.ts'
import { lastStep } from './x-axis.ts'
import { moved, type StepRange, scaled } from './zoom.ts'

export function ZoomButtons({ run }: { readonly run: Run }) {
  const range = useLab((state) => state.view.range)
  const show = (next: (end: number) => StepRange | null) => () => setView({ range: next(lastStep(run)) })
  const pan = (share: number) => show((end) => range && moved(range, end, share))
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset brings a legend and a layout of its own
    <div className="zoom-buttons" role="group" aria-label="Zoom">
      <Tool name="Zoom in" sign="+" onPress={show((end) => scaled(range, end, 0.5))} />
      <Tool name="Zoom out" sign="−" isDisabled={!range} onPress={show((end) => scaled(range, end, 2))} />
      <Tool name="Earlier" sign="‹" isDisabled={!range} onPress={pan(-0.5)} />
      <Tool name="Later" sign="›" isDisabled={!range} onPress={pan(0.5)} />
      <Button className="button quiet-button" isDisabled={!range} onPress={() => setView({ range: null })}>
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
