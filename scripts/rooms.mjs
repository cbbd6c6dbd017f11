/**
 * The rooms of src/ and the arrows between them: which room may import which. docs/architecture.md explains them;
 * scripts/check-rooms.mjs enforces them.
 */

/** Every room may import these, and every file directly in src/ except main.tsx. */
const shared = ['config', 'protocol']

/** Packages that only the page may import. */
const page = /^(react|react-dom|react-aria-components|recharts|zustand)(\/|$)/

/** Packages that need Node: the page must not load them. */
const nodeOnly = /^(bullmq|ioredis)(\/|$)/

/** Room → the rooms it may import besides itself and the shared ones. */
const arrows = {
  config: [],
  protocol: [],
  data: [],
  gpu: [],
  model: ['gpu'],
  measure: ['model', 'gpu'],
  train: ['measure', 'model', 'gpu', 'data'],
  analysis: ['train', 'measure', 'model', 'gpu', 'data'],
  worker: ['analysis', 'train', 'measure', 'model', 'gpu', 'data', 'runs'],
  cli: ['analysis', 'train', 'measure', 'model', 'gpu', 'data', 'experiments', 'runs'],
  runs: [],
  experiments: ['runs'],
  store: ['experiments', 'runs'],
  ui: ['store', 'experiments', 'runs'],
}

/** Single files that a room may import although it may not import their room. */
const exceptions = {
  // The page's end of the worker: the only door from the page to the engine. It starts worker/worker.ts by its URL.
  store: ['worker/client.ts'],
  // Student's t and quantiles: plain arithmetic.
  experiments: ['measure/statistics.ts'],
}

const isShared = (path) => !path.includes('/') || shared.includes(roomOf(path))
const roomOf = (path) => path.split('/')[0]
const isTestHelper = (path) => path.startsWith('testing/') || path.endsWith('/testing.ts')

/** The user interface may use all packages of the page; the store may use React's hooks and its state library. */
const usesPage = (path, name) =>
  ['ui', 'main.tsx'].includes(roomOf(path)) || (roomOf(path) === 'store' && /^(react|zustand)(\/|$)/.test(name))

/** Node's modules belong to the command line and to folders named `node`. */
const usesNode = (path) => roomOf(path) === 'cli' || path.includes('/node/')

/** Why `from` may not import the package `name`, or null. `from` is relative to src/. */
export function packageViolation(from, name) {
  if (page.test(name) && !usesPage(from, name)) return `only the page may import ${name}`
  if (name.startsWith('node:') && !usesNode(from)) return 'only cli and folders named node may import Node’s modules'
  if (nodeOnly.test(name) && !usesNode(from)) return `only cli and folders named node may import ${name}`
  return null
}

/** Why `from` may not import `to`, or null. Both are paths relative to src/. */
export function arrowViolation(from, to) {
  const [room, other] = [roomOf(from), roomOf(to)]
  if (isTestHelper(to) && !isTestHelper(from)) return 'only tests may import test helpers'
  if (to.includes('/node/') && !usesNode(from)) return 'only cli and folders named node may import folders named node'
  if (isTestHelper(from) || to.startsWith('../')) return null
  if (from === 'worker/client.ts')
    return isShared(to) || to === 'worker/worker.ts' ? null : 'worker/client.ts may import shared rooms only'
  if (room === other || isShared(to) || from === 'main.tsx' || exceptions[room]?.includes(to)) return null
  if (!from.includes('/')) return 'files directly in src/ may import only shared rooms'
  if (!arrows[room]) return `unknown room: ${room} (add it to scripts/rooms.mjs)`
  return arrows[room].includes(other) ? null : `${room} may import ${arrows[room].join(', ') || 'shared rooms only'}`
}
