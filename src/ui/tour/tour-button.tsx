/** Starts the tour again. */
import { Button } from 'react-aria-components'
import { useExperiments } from '../../store/experiments/page.ts'
import { showTour } from './examples.ts'

export function TourButton() {
  const busy = useExperiments((state) => state.busy !== null)
  return (
    <Button className="button tour-button" isDisabled={busy} onPress={showTour}>
      Tour
    </Button>
  )
}
