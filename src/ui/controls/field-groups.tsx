/** The fields of a section: basic fields are visible, the others are behind “More settings”. */
import type { ReactNode } from 'react'
import { Button, Disclosure, DisclosurePanel } from 'react-aria-components'
import type { FieldEntry } from '../../config/config.ts'
import { useLab } from '../../store/lab.ts'
import { ConfigField } from './field.tsx'
import { type FieldGroup, groupsOf, isOffered, type Section } from './sections.ts'

interface Props {
  readonly section: Section
  /** Controls below the fields that are behind “More settings”. */
  readonly children?: ReactNode
}

export function FieldGroups({ section, children }: Props) {
  const more = groupsOf(section, 'more')
  return (
    <>
      <Groups groups={groupsOf(section, 'basic')} />
      {more.length > 0 && <MoreSettings groups={more}>{children}</MoreSettings>}
    </>
  )
}

interface MoreProps {
  readonly groups: readonly FieldGroup[]
  readonly children: ReactNode
}

function MoreSettings({ groups, children }: MoreProps) {
  const errors = useLab(({ fieldErrors }) => fieldErrors)
  const wrong = groups.some(({ fields }) => fields.some(({ key }) => key in errors))
  return (
    <Disclosure className="disclosure">
      <Button slot="trigger" className="disclosure-trigger">
        <span aria-hidden="true" className="caret" />
        More settings
        {wrong && <span className="danger-text"> (contains an error)</span>}
      </Button>
      <DisclosurePanel className="disclosure-panel">
        <Groups groups={groups} />
        {children}
      </DisclosurePanel>
    </Disclosure>
  )
}

function OfferedField({ entry }: { readonly entry: FieldEntry }) {
  const offered = useLab(({ config, device }) =>
    isOffered(entry, config, device.status === 'ready' ? device.adapter.features : []),
  )
  return offered && <ConfigField entry={entry} />
}

function Groups({ groups }: { groups: readonly FieldGroup[] }) {
  return groups.map(({ title, fields }) => (
    <fieldset key={title} className="field-group">
      <legend className={groups.length > 1 ? 'field-group-title' : 'visually-hidden'}>{title}</legend>
      {fields.map((entry) => (
        <OfferedField key={entry.key} entry={entry} />
      ))}
    </fieldset>
  ))
}
