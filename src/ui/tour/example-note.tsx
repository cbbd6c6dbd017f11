/** Says which recorded run is shown, how it was made, and what can be done with it. */
import { Button, Dialog, DialogTrigger, Popover } from 'react-aria-components'
import type { Run } from '../../runs/reduce.ts'
import type { Example } from '../../store/experiments/state.ts'
import { lab, useLab } from '../../store/lab.ts'
import { isActive } from '../../store/status.ts'
import { ProvenanceList } from './provenance.tsx'
import { trainIt } from './train-it.ts'
import './example-note.css'

interface Props {
  readonly run: Run
  readonly example: Example
}

export function ExampleNote({ run, example }: Props) {
  const active = useLab((state) => isActive(state.run.status))
  const config = run.start?.config
  return (
    <section className="notice example-note" aria-label="Stored run">
      <p className="example-words">
        <b>Recorded run: {example.title}.</b> {example.text} <ProvenanceButton example={example} />
      </p>
      <div className="button-row">
        {config && !active && (
          <Button className="button primary" onPress={() => trainIt(example, config)}>
            Train it yourself
          </Button>
        )}
        <Button className="button quiet-button" onPress={lab.leaveRun}>
          {active ? 'Back to the run that trains' : 'Close'}
        </Button>
      </div>
    </section>
  )
}

const ProvenanceButton = ({ example }: { readonly example: Example }) => (
  <DialogTrigger>
    <Button className="link-button">How it was made</Button>
    <Popover className="popover example-popover" placement="bottom start">
      <Dialog className="example-dialog" aria-label={`How ${example.title} was made`}>
        <ProvenanceList provenance={example.provenance} />
      </Dialog>
    </Popover>
  </DialogTrigger>
)
