/** A field that goes to a unit by its name, `layer2.0:3`. */
import { memo, useState } from 'react'
import { FieldError, Form, Input, Label, TextField } from 'react-aria-components'
import type { Run } from '../../runs/reduce.ts'
import { lab } from '../../store/lab.ts'
import { parseUnit } from '../../store/link.ts'

/** The error in the name of a unit, or null. */
export function unitError(run: Pick<Run, 'start'>, text: string): string | null {
  const named = parseUnit(text)
  if (!named) return 'A unit is a site and a number, for instance layer2.0:3.'
  const sites = run.start?.sites ?? []
  const site = sites.find(({ name }) => name === named.site)
  if (!site) return `There is no site ${named.site}; this network has ${sites[0]?.name} to ${sites.at(-1)?.name}.`
  return named.unit < site.units ? null : `${site.name} has units 0 to ${site.units - 1}.`
}

export const UnitField = memo(({ start }: Pick<Run, 'start'>) => {
  const [text, setText] = useState('')
  const [error, setError] = useState<string | null>(null)
  const go = () => {
    const wrong = unitError({ start }, text)
    setError(wrong)
    const named = parseUnit(text)
    if (wrong || !named) return
    lab.lookAtUnit(named.site, named.unit)
    setText('')
  }
  return (
    <Form
      className="unit-form"
      onSubmit={(event) => {
        event.preventDefault()
        go()
      }}
    >
      <TextField
        className="field"
        value={text}
        onChange={(next) => {
          setText(next)
          setError(null)
        }}
        isInvalid={error !== null}
        validationBehavior="aria"
      >
        <Label>Go to unit</Label>
        <Input className="input" placeholder="layer2.0:3" autoComplete="off" spellCheck={false} />
        <FieldError className="field-error">{error}</FieldError>
      </TextField>
    </Form>
  )
})
