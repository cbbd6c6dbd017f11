/** Selects the class of the samples. */
import {
  Autocomplete,
  Button,
  Input,
  Label,
  ListBox,
  ListBoxItem,
  Popover,
  SearchField,
  Select,
  SelectValue,
  useFilter,
} from 'react-aria-components'
import type { ClassInfo } from '../../protocol/environment.ts'
import { lab, useLab } from '../../store/lab.ts'

/** Minimum number of classes for a search field. */
const searchable = 12

export function ClassSelect({ classes }: { readonly classes: readonly ClassInfo[] }) {
  const label = useLab(({ classSamples }) => classSamples?.label ?? null)
  const { contains } = useFilter({ sensitivity: 'base' })
  return (
    <Select
      className="field chosen"
      value={label ?? 'all'}
      onChange={(key) => lab.showClass(typeof key === 'number' ? key : null)}
    >
      <Label>Samples of</Label>
      <Button className="input select">
        <SelectValue className="ellipsis" />
        <span aria-hidden="true" className="caret" />
      </Button>
      <Popover className="popover class-popover">
        <Autocomplete filter={contains}>
          {classes.length > searchable && (
            <SearchField className="search" aria-label="Find a class" autoFocus>
              <Input className="input" placeholder="Find a class" />
            </SearchField>
          )}
          <ListBox className="options">
            <ListBoxItem id="all" className="option">
              all classes
            </ListBoxItem>
            {classes.map(({ id, name }, i) => (
              <ListBoxItem key={id} id={i} textValue={name} className="option">
                {name}
              </ListBoxItem>
            ))}
          </ListBox>
        </Autocomplete>
      </Popover>
    </Select>
  )
}
