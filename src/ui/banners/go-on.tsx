/** Buttons that go on with the shown run: after an interruption, a stop or a failure, or for more epochs. */
import { useState } from 'react'
import { Button, Input, Label, TextField } from 'react-aria-components'
import type { EndEvent } from '../../protocol/run-events.ts'
import { lab, useLab } from '../../store/lab.ts'
import { isActive } from '../../store/status.ts'
import { Accept, Problem } from './resume-problem.tsx'

/** Ends after which a run can go on as it was. A run that diverged would diverge again. */
const resumable: ReadonlySet<EndEvent['reason'] | null> = new Set([
  null,
  'stopped',
  'device-lost',
  'out-of-memory',
  'data-error',
  'error',
] as const)

/** `end`: why the run ended; null for one that was interrupted. */
export function GoOn({ end }: { readonly end: EndEvent['reason'] | null }) {
  const id = useLab(({ run }) => run.id)
  const canGoOn = useLab(({ run }) => run.point >= 0 && !isActive(run.status))
  if (!canGoOn || id === null) return null
  return (
    <>
      <div className="button-row">
        {resumable.has(end) && <Resume id={id} />}
        {end === 'finished' && <Extend id={id} />}
        <Accept id={id} />
      </div>
      <p className="go-on-problem">
        <Problem id={id} />
      </p>
    </>
  )
}

function Resume({ id }: { readonly id: string }) {
  const isResuming = useLab(({ resuming }) => resuming === id)
  return (
    <Button className="button primary" isDisabled={isResuming} onPress={() => void lab.resumeShown()}>
      Resume
    </Button>
  )
}

/** Trains a finished run for more epochs. */
function Extend({ id }: { readonly id: string }) {
  const epochs = useLab(({ run }) => run.config?.train.epochs ?? 1)
  const isResuming = useLab(({ resuming }) => resuming === id)
  const [text, setText] = useState('')
  const total = text === '' ? 2 * epochs : Number(text)
  return (
    <>
      <TextField className="go-on-epochs" value={text} onChange={setText} inputMode="numeric">
        <Label>Train on to epoch</Label>
        <Input placeholder={String(2 * epochs)} />
      </TextField>
      <Button
        className="button"
        isDisabled={isResuming || !(total > epochs)}
        onPress={() => void lab.resumeShown({ epochs: total })}
      >
        Train on
      </Button>
    </>
  )
}
