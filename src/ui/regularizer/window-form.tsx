/** The numbers of one window of α. */
import { useState } from 'react'
import { Button, Dialog, Input, Label, NumberField } from 'react-aria-components'
import type { Window } from '../../config/fields.ts'
import { scheduleEdits } from '../../store/schedule-edits.ts'
import { removed } from './window-edits.ts'

const fields = [
  { name: 'alpha', label: 'α' },
  { name: 'fromEpoch', label: 'From epoch' },
  { name: 'toEpoch', label: 'To epoch' },
] as const

interface Props {
  readonly index: number
  readonly windows: readonly Window[]
  readonly onClose: () => void
}

export function WindowForm({ index, windows, onClose }: Props) {
  const [error, setError] = useState<string | null>(null)
  const change = (part: Partial<Window>) =>
    setError(scheduleEdits.edit(windows.map((window, i) => (i === index ? { ...window, ...part } : window))))
  return (
    <Dialog className="window-form" aria-label={`Window ${index + 1} of α`}>
      {fields.map(({ name, label }, i) => (
        <NumberField
          key={name}
          className="field"
          autoFocus={i === 0}
          value={windows[index][name]}
          onChange={(value) => change({ [name]: value })}
          formatOptions={{ maximumFractionDigits: 4, useGrouping: false }}
        >
          <Label>{label}</Label>
          <Input className="input number" />
        </NumberField>
      ))}
      {error && (
        <p className="field-error" role="alert">
          {error}
        </p>
      )}
      <p className="quiet">α &lt; 0 acts against selectivity, α &gt; 0 for it.</p>
      <div className="button-row">
        <Button className="button primary" onPress={onClose}>
          Done
        </Button>
        <Button
          className="button"
          onPress={() => {
            onClose()
            scheduleEdits.edit(removed(windows, index))
          }}
        >
          Remove
        </Button>
      </div>
    </Dialog>
  )
}
