/** Text, formula and a button that shows the section of the documentation. */
import { Suspense, useState } from 'react'
import { Button, Dialog, DialogTrigger, Modal, ModalOverlay } from 'react-aria-components'
import { texts } from './texts.ts'
import type { Topic } from './topics.ts'
import './explain.css'
import { loadable } from '../boundary/later.tsx'

const Section = loadable(async () => (await import('./section.tsx')).Section)

export function Explained({ topic }: { readonly topic: Topic }) {
  const { text, formula, section } = texts[topic]
  const [isOpen, setOpen] = useState(false)
  return (
    <div className="explanation">
      <p>
        {text} {formula && <span className="formula">{formula}</span>}
        <DialogTrigger isOpen={isOpen} onOpenChange={setOpen}>
          <Button className="explain-more" aria-label={`More about this: ${section.replaceAll('-', ' ')}`}>
            How it is measured
          </Button>
          <ModalOverlay className="modal-overlay" isDismissable>
            <Modal className="modal section-modal">
              <Dialog className="section-dialog" aria-label="How it is measured">
                <Button slot="close" className="button quiet-button section-close">
                  Close
                </Button>
                <Suspense fallback={<p className="quiet">Loading…</p>}>
                  <Section section={section} />
                </Suspense>
              </Dialog>
            </Modal>
          </ModalOverlay>
        </DialogTrigger>
      </p>
    </div>
  )
}
