/** Form fields: a select box, check boxes, and a number. */
import {
  Button,
  Checkbox,
  CheckboxGroup,
  Input,
  Label,
  ListBox,
  ListBoxItem,
  NumberField,
  Popover,
  Select,
  SelectValue,
} from 'react-aria-components'

interface ChoiceProps {
  readonly label: string
  readonly value: string
  /** Value → label. */
  readonly options: Readonly<Record<string, string>>
  readonly onChange: (value: string) => void
  readonly locked?: boolean
}

export const Choice = ({ label, value, options, onChange, locked = false }: ChoiceProps) => (
  <Select className="field chosen" value={value} onChange={(key) => onChange(String(key))} isDisabled={locked}>
    <Label>{label}</Label>
    <Button className="input select">
      <SelectValue className="ellipsis" />
      <span aria-hidden="true" className="caret" />
    </Button>
    <Popover className="popover">
      <ListBox className="options">
        {Object.entries(options).map(([key, text]) => (
          <ListBoxItem key={key} id={key} textValue={text} className="option">
            {text}
          </ListBoxItem>
        ))}
      </ListBox>
    </Popover>
  </Select>
)

interface BoxesProps<K extends string> {
  readonly label: string
  readonly value: readonly K[]
  readonly options: Readonly<Record<K, string>>
  readonly onChange: (value: readonly K[]) => void
}

export function Boxes<K extends string>({ label, value, options, onChange }: BoxesProps<K>) {
  const keys = Object.keys(options) as K[]
  const stacked = keys.some((key) => options[key].length > 8)
  return (
    <CheckboxGroup
      className="field chosen"
      value={[...value]}
      onChange={(chosen) => onChange(keys.filter((key) => chosen.includes(key)))}
    >
      <Label>{label}</Label>
      <span className={stacked ? 'choices stacked' : 'choices'}>
        {keys.map((key) => (
          <Checkbox key={key} value={key} className="checkbox">
            <span className="checkbox-box" aria-hidden="true" />
            {options[key]}
          </Checkbox>
        ))}
      </span>
    </CheckboxGroup>
  )
}

interface CountProps {
  readonly label: string
  /** Null for an empty field. */
  readonly value: number | null
  readonly from: number
  readonly to: number
  /** What an empty field means. */
  readonly empty?: string
  readonly onChange: (value: number | null) => void
}

export const Count = ({ label, value, from, to, empty, onChange }: CountProps) => (
  <NumberField
    className="field"
    value={value ?? Number.NaN}
    minValue={from}
    maxValue={to}
    step={1}
    formatOptions={{ useGrouping: false }}
    onChange={(next) => onChange(Number.isNaN(next) ? null : next)}
  >
    <Label>{label}</Label>
    <Input className="input number" placeholder={empty} />
  </NumberField>
)
