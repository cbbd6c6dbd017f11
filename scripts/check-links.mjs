/**
 * Checks the links of the project's Markdown files: relative links and images must name files that exist, and anchors must
 * name headings. Links to other sites are not opened.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import GithubSlugger from 'github-slugger'
import { fromMarkdown } from 'mdast-util-from-markdown'
import { toString as textOf } from 'mdast-util-to-string'
import { visit } from 'unist-util-visit'
import { root } from './setup.mjs'

/** The anchors that GitHub gives the headings of a document. */
export function anchorsOf(markdown) {
  const slugger = new GithubSlugger()
  const anchors = new Set()
  visit(fromMarkdown(markdown), 'heading', (heading) => {
    anchors.add(slugger.slug(textOf(heading)))
  })
  return anchors
}

/** The targets of a document's links, images and link definitions. */
export function targetsOf(markdown) {
  const targets = []
  // A value that a visitor returns would move the visit elsewhere.
  visit(fromMarkdown(markdown), ['link', 'image', 'definition'], ({ url }) => {
    targets.push(url)
  })
  return targets
}

const isElsewhere = (target) => /^[a-z][a-z0-9+.-]*:/i.test(target)

/** Why a link in the file at `path` is broken, or null. */
function brokenLink(path, target) {
  if (isElsewhere(target)) return null
  const [file, anchor] = decodeURI(target).split('#')
  const to = file === '' ? path : join(dirname(path), file)
  if (!existsSync(to)) return `${target}: no such file`
  if (anchor === undefined) return null
  return anchorsOf(readFileSync(to, 'utf8')).has(anchor) ? null : `${target}: no such heading`
}

/** One sentence for each broken link of some Markdown files. */
export const brokenLinks = (paths) =>
  paths.flatMap((path) =>
    targetsOf(readFileSync(path, 'utf8')).flatMap((target) => {
      const reason = brokenLink(path, target)
      return reason ? [`${path}: ${reason}`] : []
    }),
  )

const documents = () => {
  const inside = ['docs', 'src', 'bench', 'e2e'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path)),
  )
  const top = readdirSync(root)
  return [...top, ...inside].filter((path) => path.endsWith('.md')).map((path) => join(root, path))
}

if (process.argv[1]?.endsWith('check-links.mjs')) {
  const paths = documents()
  const broken = brokenLinks(paths)
  for (const sentence of broken) console.error(relative(root, sentence))
  console.log(`${paths.length} documents, ${broken.length} broken ${broken.length === 1 ? 'link' : 'links'}`)
  process.exit(broken.length > 0 ? 1 : 0)
}
