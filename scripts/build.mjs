/** Builds the page when its sources have changed since the last build. */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sizesOf } from './first-view.mjs'
import { root } from './setup.mjs'

const inputs = [
  'src',
  'public',
  'index.html',
  'vite.config.ts',
  'scripts/compress.mjs',
  'scripts/first-view.mjs',
  'scripts/policy.mjs',
  'package-lock.json',
  'package.json',
]
const skipped = (path) =>
  path === join('public', 'data') || path === join('src', 'testing') || /\.test\.tsx?$/.test(path)

function* files(path) {
  if (skipped(path)) return
  const found = existsSync(join(root, path)) ? readdirSync(join(root, path), { withFileTypes: true }) : []
  for (const item of found.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const inner = join(path, item.name)
    if (item.isDirectory()) yield* files(inner)
    else if (!skipped(inner)) yield inner
  }
}

function sourceHash() {
  const hash = createHash('sha256')
  for (const input of inputs) {
    const single = /\./.test(input)
    for (const file of single ? [input] : files(input)) hash.update(`${file}\0`).update(readFileSync(join(root, file)))
  }
  return hash.digest('hex')
}

/** What was built: the hash of its sources, and the sizes of its script. */
const stamp = join(root, 'dist', '.built-from')

/**
 * Builds dist/ unless it is up to date, and resolves to the sizes of its script. Rejects with the build's error. NODE_ENV must
 * not be `test`: the page would have React's development version.
 */
export async function ensureBuild() {
  const hash = sourceHash()
  const built = existsSync(stamp) ? readFileSync(stamp, 'utf8') : ''
  if (built.includes(hash)) return JSON.parse(built).sizes
  console.log('Building …')
  const { build } = await import('vite')
  const { output } = await build({ root, logLevel: 'warn', configFile: join(root, 'vite.config.ts') })
  const sizes = sizesOf(output)
  writeFileSync(stamp, JSON.stringify({ hash, sizes }))
  return sizes
}

if (process.argv[1]?.endsWith('build.mjs')) console.table(await ensureBuild())
