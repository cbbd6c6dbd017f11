/** Selects measurements during training: the run pauses after the checkpoints of these epochs and then resumes. */
import { useId, useState } from 'react'
import { Button } from 'react-aria-components'
import { savedEpochs } from '../../experiments/plan.ts'
import type { Run } from '../../runs/reduce.ts'
import { lab, useLab } from '../../store/lab.ts'
import type { AutoMeasureState } from '../../store/state.ts'
import { Boxes } from '../controls/choices.tsx'
import { type AblateFields, parseEpochs, type RequestKind, requestOf } from './requests.ts'

const kindNames: Readonly<Record<Exclude<RequestKind, 'indices'>, string>> = {
  curves: 'ablation curves',
  effects: 'single units',
  linearity: 'linearity',
}

type Kind = keyof typeof kindNames

interface Props {
  readonly run: Run
  readonly fields: AblateFields
}

export function AutoMeasure({ run, fields }: Props) {
  const autoMeasure = useLab((state) => state.autoMeasure)
  return (
    <fieldset className="field-group">
      <legend className="field-group-title">During training</legend>
      {autoMeasure ? <Chosen autoMeasure={autoMeasure} /> : <Choosing run={run} fields={fields} />}
    </fieldset>
  )
}

function Choosing({ run, fields }: Props) {
  const id = useId()
  const [text, setText] = useState('')
  const [kinds, setKinds] = useState<readonly Kind[]>(['curves'])
  const now = useLab((state) => Math.floor(state.run.moment.epoch))
  const saved = run.start ? savedEpochs(run.start.config) : []
  const { epochs, error } = parseEpochs(text, saved, now)
  const press = () =>
    lab.setAutoMeasure(
      epochs,
      kinds.map((kind) => requestOf(kind, run, fields, null)),
    )
  return (
    <>
      <label className="field" htmlFor={id}>
        After epochs
        <input
          id={id}
          className="input"
          placeholder="2, 5, 10"
          value={text}
          aria-invalid={error !== null}
          onChange={({ target }) => setText(target.value)}
        />
      </label>
      {error && (
        <p className="field-error" role="alert">
          {error}
        </p>
      )}
      <Boxes label="Measure" value={kinds} options={kindNames} onChange={setKinds} />
      <Button className="button wide" isDisabled={epochs.length === 0 || kinds.length === 0} onPress={press}>
        Measure during training
      </Button>
    </>
  )
}

function Chosen({ autoMeasure: { epochs, requests } }: { readonly autoMeasure: AutoMeasureState }) {
  const names = requests.flatMap(({ kind }) => (kind in kindNames ? [kindNames[kind as Kind]] : []))
  return (
    <>
      <p className="quiet">
        After {epochs.length === 1 ? 'epoch' : 'epochs'} {epochs.join(', ')} the run pauses, measures {names.join(', ')}
        , and resumes.
      </p>
      <Button className="button quiet-button" onPress={() => lab.setAutoMeasure([], [])}>
        Stop measuring during training
      </Button>
    </>
  )
}
