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
import type { ClassInfo } from '../../protocol/environment.ts'
import { lab, useLab } from '../../store/lab.ts'
import { isActive } from '../../store/status.ts'
import { count } from '../format.ts'
import { chosenClasses, classesText, searched, someOf } from './class-selection.ts'

const key = 'data.classes'
/** Number of listed classes; a search finds the others. */
const shown = 300

interface Choice {
  readonly classes: DataReport['classes']
  readonly chosen: readonly string[]
  readonly locked: boolean
  /** Selects exactly these ids. */
  readonly put: (ids: Iterable<unknown>) => void
}

/** The selection in the configuration, and the function that changes it. */
function useChoice({ classes }: DataReport): Choice {
  const value = useLab(({ config }) => config.data.classes)
  const draft = useLab(({ drafts }) => drafts[key])
  const locked = useLab(({ run }) => isActive(run.status))
  const put = (ids: Iterable<unknown>) => {
    lab.setConfigText(key, classesText(new Set(ids), classes))
    lab.settleField(key)
  }
  return { classes, chosen: chosenClasses(draft, value, classes), locked, put }
}

export function ClassChoice({ report }: { report: DataReport }) {
  const [text, setText] = useState('')
  const choice = useChoice(report)
  const error = useLab(({ fieldErrors }) => fieldErrors[key])
  const { found, error: badSearch } = searched(report.classes, text)
  return (
    <Disclosure className="disclosure">
      <Button slot="trigger" className="disclosure-trigger">
        <span aria-hidden="true" className="caret" />
        Choose classes ({count(choice.chosen.length)} of {count(report.classes.length)})
      </Button>
      <DisclosurePanel className="disclosure-panel class-choice">
        <SearchField className="search" value={text} onChange={setText}>
          <Label className="visually-hidden">Find a class</Label>
          <Input className="input" placeholder="Find a class, or /pattern/" />
        </SearchField>
        <Problem text={badSearch} />
        <Quick choice={choice} found={text === '' ? null : found} />
        <Some choice={choice} found={found} />
        <Problem text={error} />
        <List choice={choice} found={found} />
      </DisclosurePanel>
    </Disclosure>
  )
}

const Problem = ({ text }: { readonly text: string | null | undefined }) =>
  text ? (
    <p className="field-error" role="alert">
      {text}
    </p>
  ) : null

interface QuickProps {
  readonly choice: Choice
  /** The classes that the search found; null without a search. */
  readonly found: readonly ClassInfo[] | null
}

/** Buttons that select all classes, none, or the matches of the search. */
function Quick({ choice: { classes, locked, put }, found }: QuickProps) {
  const idsOf = (some: readonly ClassInfo[]) => some.map(({ id }) => id)
  return (
    <div className="button-row">
      <Button className="button quiet-button" isDisabled={locked} onPress={() => put(idsOf(classes))}>
        All
      </Button>
      <Button className="button quiet-button" isDisabled={locked} onPress={() => put([])}>
        None
      </Button>
      {found && (
        <Button
          className="button quiet-button"
          isDisabled={locked || found.length === 0}
          onPress={() => put(idsOf(found))}
        >
          Matches ({count(found.length)})
        </Button>
      )}
    </div>
  )
}

interface FoundProps {
  readonly choice: Choice
  readonly found: DataReport['classes']
}

/** Selects the first or random classes among those found. */
function Some({ choice: { classes, locked, put }, found }: FoundProps) {
  const [some, setSome] = useState(10)
  const seed = useLab(({ config }) => config.seed)
  return (
    <div className="button-row some-classes">
      <NumberField
        aria-label="How many classes"
        value={some}
        onChange={(n) => setSome(Number.isNaN(n) ? 10 : n)}
        minValue={2}
        maxValue={Math.max(2, classes.length)}
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
  )
}

function List({ choice: { classes, chosen, locked, put }, found }: FoundProps) {
  const select = (keys: Selection) => put(keys === 'all' ? [...chosen, ...found.map(({ id }) => id)] : keys)
  return (
    <>
      <ListBox
        className="class-list"
        aria-label="Classes of the run"
        selectionMode="multiple"
        selectedKeys={chosen}
        onSelectionChange={select}
        disabledKeys={locked ? classes.map(({ id }) => id) : []}
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
    </>
  )
}
