import type { ReactNode } from 'react'
import { Button, Disclosure, DisclosurePanel } from 'react-aria-components'

interface Props {
  readonly title: ReactNode
  readonly tone?: 'warning'
  readonly defaultExpanded?: boolean
  readonly onOpen?: () => void
  readonly children: ReactNode
}

/** A disclosure with further details. */
export function More({ title, tone, defaultExpanded = false, onOpen, children }: Props) {
  return (
    <Disclosure
      className="disclosure"
      defaultExpanded={defaultExpanded}
      onExpandedChange={(expanded) => expanded && onOpen?.()}
    >
      <Button slot="trigger" className={`disclosure-trigger${tone ? ` ${tone}-text` : ''}`}>
        <span aria-hidden="true" className="caret" />
        <span>{title}</span>
      </Button>
      <DisclosurePanel className="disclosure-panel details">{children}</DisclosurePanel>
    </Disclosure>
  )
}
