/** Going on with a run: resume it, extend it, fork it, or train it again to compare the bytes. */
import { useState } from 'react'
import { Button, Input, Label, TextField } from 'react-aria-components'
import { experiments } from '../../store/experiments/page.ts'
import type { LibraryRun } from '../../store/experiments/state.ts'
import { useLab } from '../../store/lab.ts'
import { isActive } from '../../store/status.ts'
import { More } from '../controls/more.tsx'
import { ForkRun } from './fork-run.tsx'

interface Props {
  readonly run: LibraryRun
  readonly isBusy: boolean
}

/** Whether a run has ended, but not all of its epochs were trained. */
const isIncomplete = ({ state, facts, record }: LibraryRun) =>
  state !== 'training' && state !== 'diverged' && facts.epoch < record.config.train.epochs

export function ContinueRun({ run, isBusy }: Props) {
  const { id, facts, record, state } = run
  const isActiveNow = useLab((lab) => isActive(lab.run.status))
  const blocked = isBusy || isActiveNow
  const canResume = isIncomplete(run) && facts.points.length > 0
  return (
    <div className="run-continue">
      <div className="button-row">
        <Button className="button" isDisabled={isBusy} onPress={() => experiments.openRun(id)}>
          Open
        </Button>
        {isIncomplete(run) && (
          <Button className="button" isDisabled={blocked || !canResume} onPress={() => experiments.resumeRun(id)}>
            Resume
          </Button>
        )}
        <Button
          className="button"
          isDisabled={blocked || state === 'training'}
          onPress={() => experiments.repeatRun(id)}
        >
          Repeat this run
        </Button>
        <Button className="button" isDisabled={isActiveNow} onPress={() => experiments.duplicateSettings(id)}>
          Copy its settings to the form
        </Button>
        <Button
          className="button"
          aria-label={`Delete ${record.name}`}
          isDisabled={isBusy || state === 'training'}
          onPress={() => experiments.deleteRuns([id])}
        >
          Delete
        </Button>
      </div>
      {isIncomplete(run) && !canResume && (
        <p className="quiet">It saved no resume point, so it cannot go on. Repeat it, or copy its settings.</p>
      )}
      <More title="Extend: train more epochs">
        <ExtendRun run={run} isBlocked={blocked} />
      </More>
      <More title="Fork: go on from a point with other settings">
        <ForkRun run={run} isBlocked={blocked} />
      </More>
    </div>
  )
}

function ExtendRun({ run: { id, record, facts }, isBlocked }: { run: LibraryRun; isBlocked: boolean }) {
  const { epochs } = record.config.train
  const [text, setText] = useState(String(epochs + 1))
  const wanted = Number(text)
  const isValid = Number.isInteger(wanted) && wanted > epochs
  if (facts.points.length === 0) return <p className="quiet">It saved no resume point, so it cannot be extended.</p>
  return (
    <div className="run-form">
      <TextField className="run-field" value={text} onChange={setText} isInvalid={!isValid}>
        <Label className="run-label">Epochs in all; it has {epochs}</Label>
        <Input className="input number" inputMode="numeric" />
      </TextField>
      <Button className="button" isDisabled={isBlocked || !isValid} onPress={() => experiments.extendRun(id, wanted)}>
        Extend the run
      </Button>
    </div>
  )
}
