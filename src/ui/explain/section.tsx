/** A section of docs/measurements.md. Links to other documents are shown as text, because the page does not have these. */
import type { ReactNode } from 'react'
import { Heading } from 'react-aria-components'
import { type Block, sectionOf } from './sections.ts'

type Paragraph = Extract<Block, { type: 'paragraph' }>
type Inline = Paragraph['children'][number]

export function Section({ section }: { readonly section: string }) {
  const { title, blocks } = sectionOf(section)
  return (
    <article className="section-text">
      <Heading slot="title" level={2}>
        {title}
      </Heading>
      {blocks.map(blockOf)}
    </article>
  )
}

const keyOf = (node: Block | Inline) => node.position?.start.offset

function blockOf(block: Block): ReactNode {
  const key = keyOf(block)
  switch (block.type) {
    case 'paragraph':
      return <p key={key}>{block.children.map(inlineOf)}</p>
    case 'heading':
      return <h3 key={key}>{block.children.map(inlineOf)}</h3>
    case 'code':
      return <pre key={key}>{block.value}</pre>
    case 'list':
      return (
        <ul key={key}>
          {block.children.map((item) => (
            <li key={item.position?.start.offset}>{item.children.map(blockOf)}</li>
          ))}
        </ul>
      )
    default:
      throw new Error(`the page cannot show ${block.type} of docs/measurements.md`)
  }
}

function inlineOf(inline: Inline): ReactNode {
  const key = keyOf(inline)
  switch (inline.type) {
    case 'text':
      return inline.value
    case 'inlineCode':
      return <code key={key}>{inline.value}</code>
    case 'strong':
      return <b key={key}>{inline.children.map(inlineOf)}</b>
    case 'emphasis':
      return <em key={key}>{inline.children.map(inlineOf)}</em>
    case 'link':
      return <span key={key}>{inline.children.map(inlineOf)}</span>
    default:
      throw new Error(`the page cannot show ${inline.type} of docs/measurements.md`)
  }
}
