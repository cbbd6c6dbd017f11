/**
 * `npm run bench -- pack --out FILE.tgz`: a bundle of the command line, the benchmarks and the GPU tests for machines without
 * Node and without a network, such as the nodes of a cluster. It holds this machine's Node and the native modules of this
 * platform, so it runs on machines of the same system and processor.
 */
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { root } from '../../scripts/setup.mjs'

/** The largest bundle, in bytes. */
const mostBytes = 60 * 2 ** 20

/** Native modules are copied, and so are the queue's packages, which do not run compiled. All other dependencies are compiled. */
const native = ['webgpu', 'sharp']
const queue = ['bullmq', 'ioredis']

/** The packages of `board`'s page are left out. */
const left = /^(@bull-board|@hono|hono)(\/|$)/

/** Reference cases of PyTorch that fit the bundle: those whose bounds are tight. */
const cases = ['active-plain', 'active-mean', 'active-sum', 'active-full-batch']

const entries = [
  'src/cli/main.ts',
  'src/cli/work-trainer.ts',
  'bench/node.ts',
  'bench/pack/bench.mjs',
  'bench/pack/tests.mjs',
  'bench/pack/test-file.ts',
]

/** Files that the code reads by their place beside it. */
const files = ['public/wordnet-names.txt', ...cases.map((name) => `src/testing/oracle/${name}`)]

/** The GPU tests that need neither another program of the project, nor files that the bundle lacks, nor a worker of Vitest. */
function packedTests() {
  const needsMore =
    /scripts\/|e2e\/|testing\/(command-line|old-runs)|stubEnv|oracleCase\('(?!active-)|chaoticNames|oracleNames/
  return readdirSync(join(root, 'src'), { recursive: true })
    .map((file) => `src/${file.replaceAll('\\', '/')}`)
    .filter((file) => file.endsWith('.gpu.test.ts'))
    .filter((file) => !needsMore.test(readFileSync(join(root, file), 'utf8')))
    .sort()
}

/** A package that node-fetch uses only where it is installed. */
const optional = {
  name: 'optional-package',
  enforce: 'pre',
  resolveId: (id) => (id === 'encoding' ? '\0encoding' : null),
  load: (id) => (id === '\0encoding' ? 'export default {}' : null),
}

async function compile(app, tests) {
  const { build } = await import('vite')
  const input = Object.fromEntries(
    [...entries, ...tests].map((file) => [file.replace(/\.m?ts$|\.mjs$/, ''), join(root, file)]),
  )
  await build({
    configFile: false,
    root,
    logLevel: 'warn',
    publicDir: false,
    plugins: [optional],
    ssr: { noExternal: true, external: [...native, ...queue] },
    build: {
      ssr: true,
      outDir: app,
      emptyOutDir: true,
      target: 'node20',
      chunkSizeWarningLimit: 100_000,
      // Each module keeps its place, because some read files beside them.
      rollupOptions: {
        input,
        external: left,
        output: { preserveModules: true, preserveModulesRoot: root, entryFileNames: '[name].js' },
      },
    },
  })
  writeFileSync(join(app, 'package.json'), '{ "type": "module" }\n')
  writeFileSync(join(app, 'tests.json'), JSON.stringify(tests.map((file) => file.replace(/\.ts$/, '.js'))))
}

const nodeModules = join(root, 'node_modules')

/** The packages that a native package needs at run time and that are installed on this machine. */
function packagesOf(name, found = new Set()) {
  const manifest = join(nodeModules, name, 'package.json')
  if (found.has(name) || !existsSync(manifest)) return found
  found.add(name)
  const { dependencies = {}, optionalDependencies = {} } = JSON.parse(readFileSync(manifest, 'utf8'))
  for (const next of Object.keys({ ...dependencies, ...optionalDependencies })) packagesOf(next, found)
  return found
}

const dawn = join(nodeModules, 'webgpu', 'dist', '/')
const ownDawn = join(dawn, `${process.platform}-${process.platform === 'darwin' ? 'universal' : process.arch}`)

/** The package of Dawn has the builds for all platforms; the bundle takes that of this platform. */
const otherPlatform = (path) => path.startsWith(dawn) && !path.startsWith(ownDawn)

/** Parts of packages that Node does not load, and a faster reader of messages that no queue here has. */
const unused = [
  /\/(?!licen[cs]e)[^/]*\.(md|map|d\.c?ts|tsbuildinfo)$/i,
  /\/bullmq\/dist\/(esm|cjs\/commands)$/,
  /\/luxon\/(src|build\/(amd|cjs-browser|es6|global))$/,
  /\/msgpackr\/dist\/(?!node\.cjs$)/,
  /\/@?msgpackr-extract$/,
  /\/webgpu\/build$/,
]

const isUsed = (path) => !otherPlatform(path) && !unused.some((pattern) => pattern.test(path))

function copyPackages(app) {
  const names = new Set([...['sharp', ...queue].flatMap((name) => [...packagesOf(name)]), 'webgpu'])
  for (const name of names) {
    const from = join(nodeModules, name)
    cpSync(from, join(app, 'node_modules', name), { recursive: true, dereference: true, filter: isUsed })
  }
}

/** Copies this process's Node. Without its symbols, where the system has the program `strip`, it takes an eighth less. */
function copyNode(folder) {
  const to = join(folder, process.platform === 'win32' ? 'node.exe' : 'node')
  copyFileSync(process.execPath, to)
  chmodSync(to, 0o755)
  if (process.platform === 'linux') spawnSync('strip', [to])
}

function copyFiles(app) {
  for (const file of files) {
    const to = join(app, file)
    mkdirSync(dirname(to), { recursive: true })
    cpSync(join(root, file), to, { recursive: true })
  }
}

/**
 * Writes the bundle, compressed by gzip at a level. Resolves with its size in bytes. Rejects when it is larger than 60 MiB at
 * the highest level.
 */
export async function pack({ out, level = 9 }) {
  const { create } = await import('tar')
  const stage = mkdtempSync(join(tmpdir(), 'selectivity-lab-pack-'))
  const folder = join(stage, 'selectivity-lab')
  const app = join(folder, 'app')
  try {
    mkdirSync(app, { recursive: true })
    const tests = packedTests()
    await compile(app, tests)
    copyPackages(app)
    copyNode(folder)
    copyFiles(app)
    copyFileSync(join(root, 'bench', 'pack', 'run.sh'), join(folder, 'run.sh'))
    chmodSync(join(folder, 'run.sh'), 0o755)
    await create({ file: out, gzip: { level }, portable: true, cwd: stage }, ['selectivity-lab'])
    const bytes = statSync(out).size
    if (level === 9 && bytes > mostBytes) throw new Error(`the bundle has ${bytes} bytes, more than ${mostBytes}`)
    return { out, bytes, tests: tests.length }
  } finally {
    rmSync(stage, { recursive: true, force: true })
  }
}
