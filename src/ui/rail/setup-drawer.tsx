/** The rail on a narrow screen: a sheet over the charts, which the button Setup opens. */
import { Button, Dialog, Modal, ModalOverlay } from 'react-aria-components'
import { showSetup, usePageView } from '../../store/page-view.ts'
import { TourButton } from '../tour/tour-button.tsx'
import { Rail } from './rail.tsx'

export function SetupDrawer() {
  const shown = usePageView((view) => view.setupShown)
  return (
    <ModalOverlay className="sheet-overlay" isOpen={shown} onOpenChange={showSetup} isDismissable>
      <Modal className="sheet">
        <Dialog className="sheet-dialog" aria-label="Setup">
          <div className="sheet-top">
            <b>Setup</b>
            <TourButton />
            <Button className="button" onPress={() => showSetup(false)}>
              Close
            </Button>
          </div>
          <Rail />
        </Dialog>
      </Modal>
    </ModalOverlay>
  )
}
