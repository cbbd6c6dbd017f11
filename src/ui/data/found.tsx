/** What was found in a data set. */
import type { ReactNode } from 'react'
import { Button, Disclosure, DisclosurePanel } from 'react-aria-components'
import type { DataReport } from '../../events.ts'
import { CopyButton } from '../controls/copy-button.tsx'
import { count, plural } from '../format.ts'

const range = (min: number, max: number) => (min === max ? String(min) : `${min}–${max}`)

/** `32 × 32 px`, or ranges of width and height. */
const sizesText = ({ minWidth, maxWidth, minHeight, maxHeight }: DataReport['sizes']) =>
  `${range(minWidth, maxWidth)} × ${range(minHeight, maxHeight)} px`

/** `3 grey, 1 CMYK`; empty where all images are in color. */
const colorsText = ({ grey, cmyk, palette }: DataReport['colors']) =>
  [
    [grey, 'grey'],
    [cmyk, 'CMYK'],
    [palette, 'palette'],
  ]
    .filter(([n]) => Number(n) > 0)
    .map(([n, name]) => `${count(Number(n))} ${name}`)
    .join(', ')

export function Found({ report }: { report: DataReport }) {
  const { source, classes, images, sizes, colors, fingerprint, unreadable, duplicates, notes } = report
  return (
    <div className="found">
      <dl className="facts">
        <Fact name="Source">{source === 'cifar10' ? 'CIFAR-10' : source}</Fact>
        <Fact name="Classes">{count(classes.length)}</Fact>
        <Fact name="Training images">{count(images.train)}</Fact>
        <Fact name="Validation images">{count(images.validation)}</Fact>
        <Fact name="Sizes">{sizesText(sizes)}</Fact>
        {colorsText(colors) && <Fact name="Stored as">{colorsText(colors)}</Fact>}
        <Fact name="Fingerprint">
          <code title={fingerprint}>{fingerprint.slice(0, 12)}…</code>
          <CopyButton text={fingerprint} label="Copy the fingerprint" short="Copy" />
        </Fact>
      </dl>
      {notes.length > 0 && (
        <ul className="notes">
          {notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
      {unreadable.length > 0 && (
        <More title={`${plural(unreadable.length, 'unreadable file')}, left out`} tone="warning">
          {unreadable.map(({ path, reason }) => (
            <li key={path}>
              <code>{path}</code>: {reason}
            </li>
          ))}
        </More>
      )}
      {duplicates.length > 0 && (
        <More title={`${plural(duplicates.length, 'group')} of identical files`}>
          {duplicates.map((paths) => (
            <li key={paths[0]}>
              <code>{paths.join(' = ')}</code>
            </li>
          ))}
        </More>
      )}
    </div>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

function More({ title, tone, children }: { title: string; tone?: 'warning'; children: ReactNode }) {
  return (
    <Disclosure className="disclosure">
      <Button slot="trigger" className={`disclosure-trigger${tone ? ` ${tone}-text` : ''}`}>
        <span aria-hidden="true" className="caret" />
        {title}
      </Button>
      <DisclosurePanel className="disclosure-panel">
        <ul className="files">{children}</ul>
      </DisclosurePanel>
    </Disclosure>
  )
}
