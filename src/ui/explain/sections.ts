/** The sections of docs/measurements.md, which the page carries with it: it has no network to read them from. */
import GithubSlugger from 'github-slugger'
import { fromMarkdown } from 'mdast-util-from-markdown'
import { toString as textOf } from 'mdast-util-to-string'
import measurements from '../../../docs/measurements.md?raw'

export type Block = ReturnType<typeof fromMarkdown>['children'][number]

export interface DocumentSection {
  readonly title: string
  /** Everything up to the next heading of the same level. */
  readonly blocks: readonly Block[]
}

/** The sections of a Markdown text by the anchors that GitHub gives their headings. */
export function sectionsOf(markdown: string): ReadonlyMap<string, DocumentSection> {
  const slugger = new GithubSlugger()
  const { children } = fromMarkdown(markdown)
  const found = new Map<string, DocumentSection>()
  for (const [i, block] of children.entries()) {
    if (block.type !== 'heading') continue
    const rest = children.slice(i + 1)
    const end = rest.findIndex((other) => other.type === 'heading' && other.depth <= block.depth)
    const title = textOf(block)
    found.set(slugger.slug(title), { title, blocks: end < 0 ? rest : rest.slice(0, end) })
  }
  return found
}

let known: ReadonlyMap<string, DocumentSection> | null = null

/** The section with an anchor. Throws Error if there is none. */
export function sectionOf(anchor: string): DocumentSection {
  known ??= sectionsOf(measurements)
  const section = known.get(anchor)
  if (!section) throw new Error(`docs/measurements.md has no section #${anchor}`)
  return section
}
