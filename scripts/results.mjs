/**
 * Makes the figures and tables of docs/results.md from a plan's folder: compares its runs, lets the lab judge the claims,
 * exports the page's charts, and replaces the tables between their markers. The prose stays.
 * Usage: npm run results -- PLAN [--docs FOLDER] [--no-figures]
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { csvParse } from 'd3-dsv'
import { saveFigures } from './figures.mjs'
import {
  armsTable,
  claimsTable,
  costTable,
  curveTable,
  finalTable,
  measuredTable,
  referenceTable,
  seriesOf,
  spreadTable,
  withTables,
} from './results-tables.mjs'
import { root } from './setup.mjs'

const usage = 'usage: npm run results -- PLAN [--docs FOLDER] [--no-figures]'

function chosen() {
  const options = { docs: { type: 'string', default: join(root, 'docs') }, 'no-figures': { type: 'boolean' } }
  try {
    const { values, positionals } = parseArgs({ options, allowPositionals: true, strict: true })
    if (positionals.length !== 1) throw new Error('name one folder of a plan')
    const page = join(values.docs, 'results.md')
    if (!existsSync(page)) throw new Error(`${page} is missing: copy docs/results.md there, whose tables are replaced`)
    return { plan: positionals[0], docs: values.docs, figures: !values['no-figures'] }
  } catch (error) {
    console.error(`${error.message}\n${usage}`)
    process.exit(2)
  }
}

/** Runs a command of the lab and returns what it prints. Ends the program where it fails. */
function lab(...args) {
  const { status, stdout } = spawnSync(process.execPath, [join(root, 'scripts', 'lab.mjs'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  })
  if (status === 0) return stdout
  console.error(`\`lab ${args[0]}\` failed: see above.`)
  return process.exit(1)
}

const linearity = [
  { id: 'affineDeviation', title: 'affine deviation' },
  { id: 'gateConstancy', title: 'gate constancy' },
  { id: 'readOut', title: 'read-out R²' },
  { id: 'aboveControl', title: 'correlation above random units' },
]

const harms = ['layer1', 'layer2', 'layer3', 'layer4'].map((module) => ({ id: `extraHarm/${module}`, title: module }))

const shownEpochs = [0, 0.2, 0.4, 0.6, 0.8, 1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 15]

const notMeasured = 'Not measured.'

/** The figures that `saveFigures` writes beside the text. */
const pictures = {
  modules: `| | |
| --- | --- |
| ![SI − floor of layer1](results-layer1.svg) | ![SI − floor of layer2](results-layer2.svg) |
| ![SI − floor of layer3](results-layer3.svg) | ![SI − floor of layer4](results-layer4.svg) |`,
  accuracy: `| | |
| --- | --- |
| ![Top-1 on validation images](results-top-1.svg) | ![Final top-1 without a regularizer minus that with it](results-cost.svg) |`,
}

function tablesOf(plan, comparison) {
  const { claims } = JSON.parse(lab('claims', plan, '--json'))
  const series = seriesOf(csvParse(readFileSync(join(plan, 'compare-runs.csv'), 'utf8')))
  const reference = JSON.parse(readFileSync(join(root, 'docs', 'results-pytorch.json'), 'utf8'))
  return {
    curve: curveTable(series, 'none', shownEpochs),
    final: finalTable(series, comparison),
    cost: costTable(comparison),
    ablation: measuredTable(series, 'none', harms) ?? notMeasured,
    linearity: measuredTable(series, 'none', linearity) ?? notMeasured,
    claims: claimsTable(claims),
    reference: referenceTable(series, reference),
    spread: spreadTable(series, reference),
    arms: armsTable(series, reference),
  }
}

const { plan, docs, figures } = chosen()
const page = join(docs, 'results.md')
const comparison = JSON.parse(lab('compare', plan, '--json'))
const text = withTables(readFileSync(page, 'utf8'), { ...tablesOf(plan, comparison), ...(figures ? pictures : {}) })
if (figures) {
  const folder = mkdtempSync(join(tmpdir(), 'lab-results-'))
  try {
    const zip = join(folder, 'runs.zip')
    lab('pack', plan, '--out', zip)
    const runs = comparison.arms.reduce((sum, arm) => sum + arm.runs.length, 0)
    await saveFigures({ zip, runs }, docs)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
writeFileSync(page, text)
console.log(`Written: ${page}`)
