/** A searchable list of the classes that a run uses. */
import { useState } from 'react'
import {
  Button,
  Disclosure,
  DisclosurePanel,
  Input,
  Label,
  ListBox,
  ListBoxItem,
  NumberField,
  SearchField,
  type Selection,
} from 'react-aria-components'
import type { DataReport } from '../../protocol/data-report.ts'
import { lab, useLab } from '../../store/lab.ts'
import { isActive } from '../../store/status.ts'
import { count } from '../format.ts'
import { chosenClasses, classesText, searched, someOf } from './class-selection.ts'

const key = 'data.classes'
/** Number of listed classes; a search finds the others. */
const shown = 300

export function ClassChoice({ report }: { report: DataReport }) {
  const [text, setText] = useState('')
  const [some, setSome] = useState(10)
  const value = useLab(({ config }) => config.data.classes)
  const draft = useLab(({ drafts }) => drafts[key])
  const error = useLab(({ fieldErrors }) => fieldErrors[key])
  const locked = useLab(({ run }) => isActive(run.status))
  const chosen = chosenClasses(draft, value, report.classes)
  const seed = useLab(({ config }) => config.seed)
  const { found, error: badSearch } = searched(report.classes, text)
  const put = (ids: Iterable<unknown>) => {
    lab.setConfigText(key, classesText(new Set(ids), report.classes))
    lab.settleField(key)
  }
  const select = (keys: Selection) => put(keys === 'all' ? [...chosen, ...found.map(({ id }) => id)] : keys)
  return (
    <Disclosure className="disclosure">
      <Button slot="trigger" className="disclosure-trigger">
        <span aria-hidden="true" className="caret" />
        Choose classes ({count(chosen.length)} of {count(report.classes.length)})
      </Button>
      <DisclosurePanel className="disclosure-panel class-choice">
        <SearchField className="search" value={text} onChange={setText}>
          <Label className="visually-hidden">Find a class</Label>
          <Input className="input" placeholder="Find a class, or /pattern/" />
        </SearchField>
        {badSearch && (
          <p className="field-error" role="alert">
            {badSearch}
          </p>
        )}
        <div className="button-row">
          <Button
            className="button quiet-button"
            isDisabled={locked}
            onPress={() => put(report.classes.map(({ id }) => id))}
          >
            All
          </Button>
          <Button className="button quiet-button" isDisabled={locked} onPress={() => put([])}>
            None
          </Button>
          {text && (
            <Button
              className="button quiet-button"
              isDisabled={locked || found.length === 0}
              onPress={() => put(found.map(({ id }) => id))}
            >
              Matches ({count(found.length)})
            </Button>
          )}
        </div>
        <div className="button-row some-classes">
          <NumberField
            aria-label="How many classes"
            value={some}
            onChange={(n) => setSome(Number.isNaN(n) ? 10 : n)}
            minValue={2}
            maxValue={Math.max(2, report.classes.length)}
          >
            <Input className="input" />
          </NumberField>
          <Button className="button quiet-button" isDisabled={locked} onPress={() => put(someOf(found, some, null))}>
            First {count(some)}
          </Button>
          <Button className="button quiet-button" isDisabled={locked} onPress={() => put(someOf(found, some, seed))}>
            Random {count(some)} (seed {seed})
          </Button>
        </div>
        {error && (
          <p className="field-error" role="alert">
            {error}
          </p>
        )}
        <ListBox
          className="class-list"
          aria-label="Classes of the run"
          selectionMode="multiple"
          selectedKeys={chosen}
          onSelectionChange={select}
          disabledKeys={locked ? report.classes.map(({ id }) => id) : []}
          renderEmptyState={() => <span className="quiet">No class matches.</span>}
        >
          {found.slice(0, shown).map(({ id, name, train }) => (
            <ListBoxItem key={id} id={id} textValue={name} className="class-item">
              <span className="checkbox-box" aria-hidden="true" />
              <span className="ellipsis">{name}</span>
              <span className="quiet">{count(train)}</span>
            </ListBoxItem>
          ))}
        </ListBox>
        {found.length > shown && <p className="quiet">{count(found.length - shown)} more. Search to find them.</p>}
      </DisclosurePanel>
    </Disclosure>
  )
}
