/** One configuration field. Its kind selects the control; label, unit, help and errors come from the field table. */
import type { ReactNode } from 'react'
import {
  Button,
  Checkbox,
  CheckboxGroup,
  FieldError,
  Input,
  Label,
  ListBox,
  ListBoxItem,
  Popover,
  Select,
  SelectValue,
  Switch,
  Text,
  TextField,
} from 'react-aria-components'
import { type FieldEntry, getField } from '../../config/config.ts'
import { lab, useLab } from '../../store/lab.ts'
import { isActive } from '../../store/status.ts'
import { errorBeside, placeholderOf, valueText } from './field-text.ts'
import { WindowsField } from './windows-field.tsx'

interface KindProps {
  readonly entry: FieldEntry
  readonly value: unknown
  readonly draft: string | undefined
  readonly error: string | undefined
  readonly locked: boolean
}

export function ConfigField({ entry }: { entry: FieldEntry }) {
  const { key } = entry
  const value = useLab(({ config }) => getField(config, key))
  const draft = useLab(({ drafts }) => drafts[key])
  const error = useLab(({ fieldErrors }) => errorBeside(fieldErrors[key]))
  const locked = useLab(({ run }) => isActive(run.status))
  return fieldOfKind({ entry, value, draft, error, locked })
}

function fieldOfKind(props: KindProps): ReactNode {
  switch (props.entry.field.kind) {
    case 'boolean':
      return <FlagField {...props} />
    case 'choice':
      return <ChoiceField {...props} />
    case 'choices':
      return <ChoicesField {...props} />
    case 'windows':
      return <WindowsField {...props} />
    case 'text':
    case 'integer':
    case 'number':
    case 'integers':
    case 'texts':
      return <TypedField {...props} />
    default:
      return props.entry.field.kind satisfies never
  }
}

const strings = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [])

function Help({ entry: { field } }: { entry: FieldEntry }) {
  const named = !field.unit || field.help.toLowerCase().includes(field.unit)
  const unit = named ? '' : ` In ${field.unit}.`
  return (
    <Text slot="description" className="help">
      {field.help}
      {unit}
    </Text>
  )
}

function TypedField({ entry, value, draft, error, locked }: KindProps) {
  const { key, field } = entry
  const numeric = field.kind === 'integer' || field.kind === 'number'
  return (
    <TextField
      className={numeric ? 'field' : 'field chosen'}
      value={draft ?? valueText(value)}
      onChange={(text) => lab.setConfigText(key, text)}
      onBlur={() => lab.settleField(key)}
      isInvalid={error !== undefined}
      isReadOnly={locked}
    >
      <span className="field-label">
        <Label>{field.label}</Label>
        {field.unit && (
          <span className="unit" aria-hidden="true">
            {field.unit}
          </span>
        )}
      </span>
      <Input
        inputMode={numeric ? 'decimal' : 'text'}
        placeholder={placeholderOf(field)}
        className={`input${numeric ? ' number' : ''}`}
        autoComplete="off"
        spellCheck={false}
      />
      <FieldError className="field-error">{error}</FieldError>
      <Help entry={entry} />
    </TextField>
  )
}

function ChoiceField({ entry, value, error, locked }: KindProps) {
  const { key, field } = entry
  return (
    <Select
      className="field chosen"
      value={String(value)}
      onChange={(option) => lab.setConfigValue(key, option)}
      isDisabled={locked}
      isInvalid={error !== undefined}
    >
      <Label>{field.label}</Label>
      <Button className="input select">
        <SelectValue />
        <span aria-hidden="true" className="caret" />
      </Button>
      <FieldError className="field-error">{error}</FieldError>
      <Help entry={entry} />
      <Popover className="popover">
        <ListBox className="options">
          {field.options?.map((option) => (
            <ListBoxItem key={option} id={option} className="option">
              {option}
            </ListBoxItem>
          ))}
        </ListBox>
      </Popover>
    </Select>
  )
}

function FlagField({ entry, value, locked }: KindProps) {
  const { key, field } = entry
  return (
    <div className="field">
      <Switch
        className="switch across"
        isSelected={value === true}
        onChange={(on) => lab.setConfigValue(key, on)}
        isDisabled={locked}
        aria-describedby={`help-${key}`}
      >
        <span>{field.label}</span>
        <span className="switch-track" />
      </Switch>
      <span id={`help-${key}`} className="help">
        {field.help}
      </span>
    </div>
  )
}

function ChoicesField({ entry, value, error, locked }: KindProps) {
  const { key, field } = entry
  return (
    <CheckboxGroup
      className="field chosen"
      value={strings(value)}
      onChange={(options) =>
        lab.setConfigValue(
          key,
          field.options?.filter((option) => options.includes(option)),
        )
      }
      isDisabled={locked}
      isInvalid={error !== undefined}
    >
      <Label>{field.label}</Label>
      <span className="choices">
        {field.options?.map((option) => (
          <Checkbox key={option} value={option} className="checkbox">
            <span className="checkbox-box" aria-hidden="true" />
            {option}
          </Checkbox>
        ))}
      </span>
      <FieldError className="field-error">{error}</FieldError>
      <Help entry={entry} />
    </CheckboxGroup>
  )
}
