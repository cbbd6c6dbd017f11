/** The form of a fork: where it leaves its parent, its name, and the settings that it changes. */
import { useMemo, useState } from 'react'
import { Button, Input, Label, Text, TextArea, TextField } from 'react-aria-components'
import { experiments } from '../../store/experiments/page.ts'
import type { LibraryRun } from '../../store/experiments/state.ts'
import { forkDraft, forkPoints } from '../../store/runs/fork-draft.ts'
import { count } from '../format.ts'

interface Props {
  readonly run: LibraryRun
  readonly isBlocked: boolean
}

const example = 'regularizer.schedule=[{"fromEpoch": 2, "toEpoch": 5, "alpha": -4}]\noptimizer.learningRate=0.01'

const pointText = ({ epoch, step, file }: ReturnType<typeof forkPoints>[number]) =>
  `epoch ${Number(epoch.toFixed(3))}, step ${count(step)}${file ? '' : ' (resume point)'}`

export function ForkRun({ run, isBlocked }: Props) {
  const points = useMemo(() => forkPoints(run), [run])
  const [step, setStep] = useState(points.at(-1)?.step ?? 0)
  const [name, setName] = useState(`${run.info.name}-fork`)
  const [changes, setChanges] = useState('')
  const draft = useMemo(() => forkDraft(run, { step, name, changes }), [run, step, name, changes])
  if (points.length === 0)
    return <p className="quiet">It has no checkpoint and no resume point, so no fork can begin with its weights.</p>
  return (
    <div className="run-form">
      <label className="run-field">
        <span className="run-label">Leaves its parent at</span>
        <select className="input select" value={step} onChange={({ target }) => setStep(Number(target.value))}>
          {points.map((point) => (
            <option key={point.step} value={point.step}>
              {pointText(point)}
            </option>
          ))}
        </select>
      </label>
      <TextField className="run-field" value={name} onChange={setName}>
        <Label className="run-label">Name of the fork</Label>
        <Input className="input" />
      </TextField>
      <TextField className="run-field" value={changes} onChange={setChanges} isInvalid={draft.error !== null}>
        <Label className="run-label">Changed settings, one key=value per line</Label>
        <TextArea className="input changes" rows={3} placeholder={example} spellCheck="false" />
        <Text slot="description" className="quiet">
          The images, their order and the network stay. Epochs count from the beginning of the parent.
        </Text>
      </TextField>
      {draft.error && (
        <p className="note warning" role="alert">
          {draft.error}
        </p>
      )}
      <Button
        className="button"
        isDisabled={isBlocked || draft.error !== null}
        onPress={() => experiments.forkRun(run.id, { step, name, changes })}
      >
        Train the fork
      </Button>
    </div>
  )
}
