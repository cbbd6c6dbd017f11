/** The regularizer's schedule as a table of windows. */
import { useId } from 'react'
import { Button, Group, Input, NumberField } from 'react-aria-components'
import type { FieldEntry } from '../../config/config.ts'
import type { Window } from '../../config/fields.ts'
import { lab, useLab } from '../../store/lab.ts'
import { scheduleEdits } from '../../store/schedule-edits.ts'
import { AlphaTrack } from '../regularizer/alpha-track.tsx'
import { UndoButtons } from '../regularizer/schedule-buttons.tsx'
import { type WindowRow, windowRows, windowsText, withNewWindow } from './field-text.ts'

interface Props {
  readonly entry: FieldEntry
  readonly value: unknown
  readonly draft: string | undefined
  readonly error: string | undefined
  readonly locked: boolean
}

const isWindows = (value: unknown): value is readonly Window[] => Array.isArray(value)
const columns = [
  { name: 'fromEpoch', label: 'From epoch' },
  { name: 'toEpoch', label: 'To epoch' },
  { name: 'alpha', label: 'α' },
] as const

export function WindowsField({ entry: { key, field }, value, draft, error, locked }: Props) {
  const id = useId()
  const epochs = useLab(({ config }) => config.train.epochs)
  const windows = isWindows(value) ? value : []
  const rows = windowRows(draft, windows)
  const put = (next: readonly WindowRow[]) =>
    scheduleEdits.recorded(() => {
      lab.setConfigText(key, windowsText(next))
      lab.settleField(key)
    })
  return (
    <Group className="windows" aria-labelledby={`${id}-label`} aria-describedby={`${id}-help`}>
      <span className="windows-top">
        <span id={`${id}-label`} className="windows-title">
          {field.label}
        </span>
        <UndoButtons isLocked={locked} />
      </span>
      <AlphaTrack
        schedule={windows}
        epochs={epochs}
        isLocked={locked || error !== undefined}
        hint="No window: α stays 0. Drag here."
      />
      {locked && (
        <p className="quiet">
          The windows of a run that trains do not change. Move α with the live control, or fork the run.
        </p>
      )}
      <WindowTable rows={rows} locked={locked} onChange={put} />
      {error && (
        <p className="field-error" role="alert">
          {error}
        </p>
      )}
      <Button className="button quiet-button" isDisabled={locked} onPress={() => put(withNewWindow(rows))}>
        Add a window
      </Button>
      <span id={`${id}-help`} className="help">
        {field.help}
      </span>
    </Group>
  )
}

interface TableProps {
  readonly rows: readonly WindowRow[]
  readonly locked: boolean
  readonly onChange: (rows: readonly WindowRow[]) => void
}

function WindowTable({ rows, locked, onChange }: TableProps) {
  if (rows.length === 0) return null
  return (
    <>
      <div className="windows-row windows-head" aria-hidden="true">
        {columns.map(({ name, label }) => (
          <span key={name}>{label}</span>
        ))}
      </div>
      {rows.map((row, i) => (
        <WindowCells
          // Rows have no id and are only appended or removed.
          // biome-ignore lint/suspicious/noArrayIndexKey: see above
          key={i}
          row={row}
          number={i + 1}
          locked={locked}
          onChange={(next) => onChange(rows.map((other, j) => (j === i ? next : other)))}
          onRemove={() => onChange(rows.filter((_, j) => j !== i))}
        />
      ))}
    </>
  )
}

interface CellsProps {
  readonly row: WindowRow
  readonly number: number
  readonly locked: boolean
  readonly onChange: (row: WindowRow) => void
  readonly onRemove: () => void
}

function WindowCells({ row, number, locked, onChange, onRemove }: CellsProps) {
  return (
    <div className="windows-row">
      {columns.map(({ name, label }) => (
        <NumberField
          key={name}
          aria-label={`Window ${number}: ${label}`}
          value={row[name] ?? Number.NaN}
          onChange={(value) => onChange({ ...row, [name]: Number.isNaN(value) ? null : value })}
          formatOptions={{ maximumFractionDigits: 4, useGrouping: false }}
          isReadOnly={locked}
        >
          <Input className="input number" />
        </NumberField>
      ))}
      <Button
        className="button icon-button"
        aria-label={`Remove window ${number}`}
        isDisabled={locked}
        onPress={onRemove}
      >
        <span aria-hidden="true">×</span>
      </Button>
    </div>
  )
}
