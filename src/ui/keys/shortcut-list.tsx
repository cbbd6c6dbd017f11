/** The list of the keyboard shortcuts, with the switch that turns them off. */
import { Button, Dialog, Heading, Modal, ModalOverlay, Switch } from 'react-aria-components'
import { setShortcuts, showShortcuts, useShortcuts } from '../../store/shortcuts.ts'
import { shortcuts } from './shortcuts.ts'
import './keys.css'

interface Row {
  readonly keys: readonly string[]
  readonly text: string
}

/** Keys of single parts of the page, which act while the part has the focus. */
const parts: readonly { readonly title: string; readonly rows: readonly Row[] }[] = [
  {
    title: 'On the time line’s moment',
    rows: [
      { keys: ['ArrowLeft', 'ArrowRight'], text: 'Previous and next probe' },
      { keys: ['Home', 'End'], text: 'Initialization and newest probe' },
    ],
  },
  {
    title: 'On a window of α',
    rows: [
      { keys: ['ArrowLeft', 'ArrowRight'], text: 'Move by an epoch; with Shift move its end' },
      { keys: ['ArrowUp', 'ArrowDown'], text: 'Change α' },
      { keys: ['Enter'], text: 'Edit its numbers' },
      { keys: ['Delete'], text: 'Remove it' },
      { keys: ['Ctrl+Z'], text: 'Undo; with Shift redo' },
      { keys: ['Alt'], text: 'While dragging: tenths of an epoch' },
    ],
  },
]

const names: Readonly<Record<string, string>> = {
  ' ': 'Space',
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowUp: '↑',
  ArrowDown: '↓',
}

const nameOf = (key: string) => names[key] ?? (key.length === 1 ? key.toUpperCase() : key)

const Rows = ({ rows }: { readonly rows: readonly Row[] }) => (
  <dl className="key-rows">
    {rows.map(({ keys, text }) => (
      <div key={text}>
        <dt>
          {keys.map((key) => (
            <kbd key={key}>{nameOf(key)}</kbd>
          ))}
        </dt>
        <dd>{text}</dd>
      </div>
    ))}
  </dl>
)

export function ShortcutList() {
  const { isOn } = useShortcuts()
  return (
    <ModalOverlay className="modal-overlay" isOpen onOpenChange={showShortcuts} isDismissable>
      <Modal className="modal keys-modal">
        <Dialog className="keys-dialog">
          <div className="keys-top">
            <Heading slot="title">Keyboard shortcuts</Heading>
            <Button className="button" onPress={() => showShortcuts(false)}>
              Close
            </Button>
          </div>
          <Rows rows={shortcuts} />
          <Switch className="switch across" isSelected={isOn} onChange={setShortcuts}>
            <span>Single keys are shortcuts</span>
            <span className="switch-track" />
          </Switch>
          {parts.map(({ title, rows }) => (
            <section key={title} aria-label={title}>
              <h3>{title}</h3>
              <Rows rows={rows} />
            </section>
          ))}
        </Dialog>
      </Modal>
    </ModalOverlay>
  )
}
