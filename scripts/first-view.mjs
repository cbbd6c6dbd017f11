/**
 * What the page loads of its script, in bytes after gzip. `first`: the files that the page's HTML names and their static
 * imports, without which nothing is shown. `auto`: also what a returning visitor's page loads without an action. `visit`:
 * also what the recorded run and the tour of a first visit load. `worker`: the script of the training worker.
 * scripts/build.mjs keeps them with the build, and prints them as a command.
 */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

const root = fileURLToPath(new URL('..', import.meta.url))

/** The modules that App loads by itself once the first view is shown. */
const shown = ['ui/charts/charts.tsx', 'ui/charts/examples/example.tsx']

/** The modules that the first visit loads besides. */
const visited = [
  'runs/found-runs.ts',
  'runs/load-run.ts',
  'runs/earlier-runs.ts',
  'ui/tour/tour.tsx',
  'ui/charts/selectivity/chart.tsx',
  'ui/charts/loss/chart.tsx',
  'ui/charts/heat-map/chart.tsx',
  'ui/inspector/site.tsx',
]

/** The names of some chunks and of all that they import statically. */
function withImports(chunks, names) {
  const found = new Set()
  const add = (name) => {
    if (found.has(name)) return
    found.add(name)
    for (const other of chunks.get(name)?.imports ?? []) add(other)
  }
  names.forEach(add)
  return found
}

function chunkOf(chunks, module) {
  const id = join(root, 'src', module)
  for (const { fileName, moduleIds } of chunks.values()) if (moduleIds.includes(id)) return fileName
  throw new Error(`no chunk has src/${module}; bring scripts/first-view.mjs up to date`)
}

/** The sizes of a build's output, which Vite returns when it builds. */
export function sizesOf(output) {
  const chunks = new Map(output.filter(({ type }) => type === 'chunk').map((chunk) => [chunk.fileName, chunk]))
  const entries = [...chunks.values()].filter(({ isEntry }) => isEntry).map(({ fileName }) => fileName)
  const bytes = (text) => gzipSync(text, { level: 9 }).length
  const sum = (modules) => {
    const names = withImports(chunks, [...entries, ...modules.map((module) => chunkOf(chunks, module))])
    return [...names].reduce((total, name) => total + bytes(chunks.get(name)?.code ?? ''), 0)
  }
  const worker = output.find(({ fileName }) => /assets\/worker-[^/]*\.js$/.test(fileName))
  return {
    first: sum([]),
    auto: sum(shown),
    visit: sum([...shown, ...visited]),
    worker: bytes(worker?.source ?? worker?.code ?? ''),
  }
}
