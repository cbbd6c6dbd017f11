/**
 * Checks every import in src/ against the arrows of scripts/rooms.mjs, type-only imports included, and lists files that
 * nothing imports. Tests are exempt from the arrows. Biome checks circular imports.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { parseSync, Visitor } from 'oxc-parser'
import { arrowViolation, packageViolation } from './rooms.mjs'
import { root } from './setup.mjs'

/** What a module imports: static, dynamic and type imports, re-exports, and `new URL('./worker.ts', import.meta.url)`. */
export function importsOf(path, text) {
  const found = []
  const add = (source) => {
    if (typeof source?.value === 'string') found.push(source.value)
  }
  const visitor = new Visitor({
    ImportDeclaration: (node) => add(node.source),
    ExportNamedDeclaration: (node) => add(node.source),
    ExportAllDeclaration: (node) => add(node.source),
    ImportExpression: (node) => add(node.source),
    TSImportType: (node) => add(node.source),
    NewExpression: ({ callee, arguments: [first] }) => {
      if (callee.name === 'URL' && /^\..*\.tsx?$/.test(first?.value ?? '')) add(first)
    },
  })
  visitor.visit(parseSync(path, text).program)
  return found
}

const isTest = (path) => /\.test\.tsx?$/.test(path) || path.startsWith('testing/')
const isEntry = (path) => isTest(path) || /(^|\/)testing\.ts$|\.d\.ts$|^main\.tsx$|^cli\/main\.ts$/.test(path)

/**
 * One sentence for each import that breaks a rule and each file that nothing imports. `sources`: path relative to src/ →
 * text. `alsoUsed`: files that something outside src/ imports.
 */
export function violations(sources, alsoUsed = new Set()) {
  const imported = new Set(alsoUsed)
  const wrong = []
  for (const [from, text] of sources) {
    for (const name of importsOf(from, text)) {
      const to = name.startsWith('.') ? join(dirname(from), name).replaceAll('\\', '/') : null
      if (to) imported.add(to)
      const reason = isTest(from) ? null : to ? arrowViolation(from, to) : packageViolation(from, name)
      if (reason) wrong.push(`src/${from} imports ${to ? `src/${to}` : name}: ${reason}`)
      if (to && !to.startsWith('../') && /\.tsx?$/.test(to) && !sources.has(to))
        wrong.push(`src/${from} imports src/${to}, which does not exist`)
    }
  }
  const orphans = [...sources.keys()].filter((path) => !isEntry(path) && !imported.has(path))
  return [...wrong, ...orphans.map((path) => `src/${path} is imported by nothing`)]
}

const code = /\.(ts|tsx|mjs)$/
const filesOf = (folder) =>
  existsSync(join(root, folder))
    ? readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((path) => code.test(path))
        .map((path) => join(root, folder, path))
    : []
const inSource = (path) => relative(join(root, 'src'), path).replaceAll('\\', '/')

/** Files of src/ that the benchmarks and browser tests import. */
const usedElsewhere = () =>
  new Set(
    ['bench', 'e2e'].flatMap(filesOf).flatMap((path) =>
      importsOf(path, readFileSync(path, 'utf8'))
        .filter((name) => name.startsWith('.'))
        .map((name) => inSource(join(dirname(path), name))),
    ),
  )

if (process.argv[1]?.endsWith('check-rooms.mjs')) {
  const sources = new Map(filesOf('src').map((path) => [inSource(path), readFileSync(path, 'utf8')]))
  const found = violations(sources, usedElsewhere())
  for (const sentence of found) console.error(sentence)
  console.log(
    `${sources.size} files, ${found.length} ${found.length === 1 ? 'violation' : 'violations'} of the import rules`,
  )
  process.exit(found.length > 0 ? 1 : 0)
}
