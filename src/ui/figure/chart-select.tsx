/** A labelled select in the head of a chart. */
import { useId } from 'react'

interface Props<K extends string> {
  readonly label: string
  readonly value: K
  /** Value → label. */
  readonly options: Readonly<Record<K, string>>
  readonly onChange: (value: K) => void
}

export function ChartSelect<K extends string>({ label, value, options, onChange }: Props<K>) {
  const id = useId()
  const keys = Object.keys(options) as K[]
  return (
    <label className="chart-select" htmlFor={id}>
      {label}
      <select
        id={id}
        className="input select"
        value={value}
        onChange={(event) => {
          const chosen = keys.find((key) => key === event.target.value)
          if (chosen !== undefined) onChange(chosen)
        }}
      >
        {keys.map((key) => (
          <option key={key} value={key}>
            {options[key]}
          </option>
        ))}
      </select>
    </label>
  )
}
