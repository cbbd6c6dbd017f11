/** The form of a fork: where it leaves its parent, its name, and the settings that it changes. */
import { useMemo, useState } from 'react'
import { Button, Input, Label, Text, TextArea, TextField } from 'react-aria-components'
import { experiments } from '../../store/experiments/page.ts'
import type { LibraryRun } from '../../store/experiments/state.ts'
import { type ForkDraft, forkDraft, forkPoints, forkStart } from '../../store/runs/fork-draft.ts'
import { count } from '../format.ts'

interface Props {
  readonly run: LibraryRun
  readonly isBlocked: boolean
}

const example = 'optimizer.weightDecay=0.001\noptimizer.momentum=0.8'

const pointText = ({ epoch, step, file }: ReturnType<typeof forkPoints>[number]) =>
  `epoch ${Number(epoch.toFixed(3))}, step ${count(step)}${file ? '' : ' (resume point)'}`

type Texts = Pick<ForkDraft, 'name' | 'alpha' | 'learningRate' | 'epochs' | 'changes'>

interface TextProps {
  readonly label: string
  readonly value: string | undefined
  readonly placeholder?: string
  readonly onChange: (text: string) => void
}

function ForkField({ label, value = '', placeholder, onChange }: TextProps) {
  return (
    <TextField className="run-field" value={value} onChange={onChange}>
      <Label className="run-label">{label}</Label>
      <Input className="input" placeholder={placeholder} />
    </TextField>
  )
}

export function ForkRun({ run, isBlocked }: Props) {
  const points = useMemo(() => forkPoints(run), [run])
  const [chosen, setStep] = useState<number | null>(null)
  // A run that trains keeps only its newest resume points.
  const step = points.some((point) => point.step === chosen) ? (chosen ?? 0) : forkStart(run)
  const [texts, setTexts] = useState<Texts>({ name: `${run.info.name}-fork`, changes: '' })
  const set = (key: keyof Texts) => (text: string) => setTexts((before) => ({ ...before, [key]: text }))
  const draft = useMemo(() => forkDraft(run, { step, ...texts }), [run, step, texts])
  const { optimizer, train } = run.record.config
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
      <ForkField label="Name of the fork" value={texts.name} onChange={set('name')} />
      <div className="run-fields">
        <ForkField label="α from there on" value={texts.alpha} placeholder="as its parent" onChange={set('alpha')} />
        <ForkField
          label="Learning rate"
          value={texts.learningRate}
          placeholder={String(optimizer.learningRate)}
          onChange={set('learningRate')}
        />
        <ForkField label="Epochs" value={texts.epochs} placeholder={String(train.epochs)} onChange={set('epochs')} />
      </div>
      <TextField className="run-field" value={texts.changes} onChange={set('changes')} isInvalid={draft.error !== null}>
        <Label className="run-label">Other changed settings, one key=value per line</Label>
        <TextArea className="input changes" rows={2} placeholder={example} spellCheck="false" />
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
        onPress={() => experiments.forkRun(run.id, { step, ...texts })}
      >
        Train the fork
      </Button>
    </div>
  )
}
