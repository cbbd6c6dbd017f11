/** One run: its name, tags and note, what its folder has, and what can be done with it. */
import { type ReactNode, useState } from 'react'
import { Button, Input, Label, Switch, TextArea, TextField } from 'react-aria-components'
import { experiments, useExperiments } from '../../store/experiments/page.ts'
import type { LibraryRun } from '../../store/experiments/state.ts'
import { More } from '../controls/more.tsx'
import { bytes, count, plural } from '../format.ts'
import { stateText } from './columns.ts'
import { ContinueRun } from './continue-run.tsx'
import { ExportRun } from './export-run.tsx'

interface Props {
  readonly run: LibraryRun
  readonly isBusy: boolean
}

export function RunDetails({ run, isBusy }: Props) {
  const { id, info, record, stored } = run
  return (
    <section className="chart run-details" aria-label={`Run ${record.name}`}>
      <header className="chart-head">
        <h2>{record.name}</h2>
        <Switch className="switch small" isSelected={info.pinned} onChange={(on) => experiments.pinRun(id, on)}>
          Pinned
          <span className="switch-track" />
        </Switch>
      </header>
      {!stored && <NotStored run={run} isBusy={isBusy} />}
      <Facts run={run} />
      <div className="run-fields">
        <EditedText label="Name" value={info.name} onSave={(name) => experiments.renameRun(id, name)} />
        <EditedText
          label="Tags, separated by commas"
          value={info.tags.join(', ')}
          onSave={(tags) => experiments.tagRun(id, tags)}
        />
        <EditedText label="Note" isLong value={info.note} onSave={(note) => experiments.noteRun(id, note)} />
      </div>
      <ContinueRun run={run} isBusy={isBusy} />
      <More title="Export">
        <ExportRun run={run} isBusy={isBusy} />
      </More>
    </section>
  )
}

const NotStored = ({ run: { id, record }, isBusy }: Props) => (
  <div className="note">
    <p>This run is not stored in this browser: it leaves the list when you close the page.</p>
    <Button
      className="button quiet-button"
      aria-label={`Store ${record.name}`}
      isDisabled={isBusy}
      onPress={() => experiments.keepRun(id)}
    >
      Store it
    </Button>
  </div>
)

const Fact = ({ name, children }: { readonly name: string; readonly children: ReactNode }) => (
  <div className="run-fact">
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
)

const parentKinds = { fork: 'Fork of', repeat: 'Repetition of' } as const

function Facts({ run }: { readonly run: LibraryRun }) {
  const { info, facts, record, state } = run
  const { parent } = info
  return (
    <dl className="run-facts">
      <Fact name="State">
        {stateText(state)} at step {count(facts.step)}
      </Fact>
      <Fact name="Seed">{record.config.seed}</Fact>
      <Fact name="Checkpoints">{plural(facts.checkpoints.length, 'file')}</Fact>
      <Fact name="Units of probes">{facts.units ? 'recorded' : 'not recorded'}</Fact>
      <Fact name="Size">{bytes(run.bytes)}</Fact>
      <Fact name="Lab">{record.lab}</Fact>
      <Fact name="Id">{run.id}</Fact>
      {parent && <Fact name={parentKinds[parent.kind]}>{<Parent parent={parent} />}</Fact>}
    </dl>
  )
}

function Parent({ parent }: { readonly parent: NonNullable<LibraryRun['info']['parent']> }) {
  const { id, name, kind, epoch, momentum } = parent
  const listed = useExperiments(({ runs }) => runs.some((run) => run.id === id))
  const from = kind === 'fork' ? `, from epoch ${Number(epoch.toFixed(2))}` : ''
  const begin = kind === 'fork' && momentum === 'zero' ? '; its momentum began with zeros' : ''
  return (
    <>
      {listed ? (
        <Button className="row-button" aria-label={`Open the parent ${name}`} onPress={() => experiments.openRun(id)}>
          {name}
        </Button>
      ) : (
        `${name} (not in the list)`
      )}
      {from}
      {begin}
    </>
  )
}

interface EditedProps {
  readonly label: string
  readonly value: string
  readonly isLong?: boolean
  readonly onSave: (text: string) => void
}

/** A text that is stored when the user leaves the field, or presses Enter in a field of one line. Escape restores it. */
function EditedText({ label, value, isLong, onSave }: EditedProps) {
  const [text, setText] = useState<string | null>(null)
  const save = () => {
    if (text !== null && text !== value) onSave(text)
    setText(null)
  }
  return (
    <TextField
      className="run-field"
      value={text ?? value}
      onChange={setText}
      onBlur={save}
      onKeyDown={({ key }) => {
        if (key === 'Enter' && !isLong) save()
        if (key === 'Escape') setText(null)
      }}
    >
      <Label className="run-label">{label}</Label>
      {isLong ? <TextArea className="input changes" rows={2} /> : <Input className="input" />}
    </TextField>
  )
}
