/**
 * Makes the numbers of the faint examples in empty charts (src/ui/charts/examples/numbers.json) from the recorded runs in
 * public/examples. Those have no ablation of single units: a table of it (ablation-units.csv) may be given, else the old
 * numbers stay. Usage: node scripts/chart-examples.mjs [--units FILE --units-of TEXT] [--out FILE]
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { csvParse } from 'd3-dsv'
import { tsImport } from 'tsx/esm/api'
import { root } from './setup.mjs'

const source = (path) => tsImport(`../src/${path}`, import.meta.url)
const { openRunReader } = await source('runs/format/reader.ts')
const { zippedRuns } = await source('runs/format/zip-files.ts')
const { loadRun } = await source('runs/load-run.ts')
const { mean } = await source('measure/statistics.ts')

const examples = join(root, 'public', 'examples')
const page = join(root, 'src', 'ui', 'charts', 'examples', 'numbers.json')
const names = ['layer1', 'layer2', 'layer3', 'layer4']

const rounded = (value, digits = 3) => Number(value.toFixed(digits))
const percent = (share) => rounded(100 * share)
const byModule = (of) => Object.fromEntries(names.map((name) => [name, of(name)]))

/** The runs of an example by the name of their configuration, as `{ reader, run }`. */
async function runsOf(file) {
  const runs = new Map()
  for (const { files } of await zippedRuns(new Blob([readFileSync(join(examples, file))]))) {
    const reader = await openRunReader(files, file)
    const { run } = await loadRun(reader, file)
    runs.set(reader.start.config.name, { reader, run })
  }
  return runs
}

const moduleOf = (probe, name) => probe.modules.find(({ module }) => module === name)

/** [epoch, loss, top-1 in percent] of the training batches: means over half epochs. */
function trainingCurve({ steps, start }) {
  const [epochs, losses, hits] = ['epoch', 'loss', 'top1'].map((key) => [...steps.column(key)].slice(0, steps.length))
  const halves = Array.from({ length: 2 * start.config.train.epochs }, (_, half) => half / 2)
  return halves.map((from) => {
    const own = epochs.flatMap((epoch, i) => (epoch > from && epoch <= from + 0.5 ? [i] : []))
    return [from + 0.25, rounded(mean(own.map((i) => losses[i]))), percent(mean(own.map((i) => hits[i])))]
  })
}

const bins = 20

const counts = (values) =>
  Array.from(
    { length: bins },
    (_, bin) => values.filter((v) => Math.min(bins - 1, Math.floor(v * bins)) === bin).length,
  )

/** The units of layer2 at its peak: how many there are in each of 20 bins of SI and of the floor. */
async function distribution({ reader, run }) {
  const si = (probe) => moduleOf(probe, 'layer2').selectivity
  const peak = run.probes.reduce((best, probe) => (si(probe) > si(best) ? probe : best))
  const sites = (await reader.units(peak)).filter(({ site }) => site.startsWith('layer2'))
  return {
    bins: counts(sites.flatMap(({ selectivity }) => [...selectivity])),
    floor: counts(sites.flatMap(({ floor }) => [...floor])),
  }
}

/** [share, top-1 in percent] of layer4 at the last measured checkpoint: means over the orders' draws. */
function ablation(rows) {
  const last = Math.max(...rows.map(({ epoch }) => epoch))
  const curve = (order) => {
    const own = rows.filter((row) => row.module === 'layer4' && row.epoch === String(last) && row.order === order)
    const shares = [...new Set(own.map(({ share }) => share))]
    return shares.map((share) => [
      Number(share),
      percent(mean(own.filter((row) => row.share === share).map(({ top1 }) => Number(top1)))),
    ])
  }
  return { selective: curve('selective'), random: curve('random') }
}

/** [epoch, gate constancy] of each module. */
function gates(rows) {
  const own = rows.filter(({ measure }) => measure === 'gateConstancy')
  const epochs = [...new Set(own.map(({ epoch }) => epoch))]
  return byModule((name) =>
    epochs.map((epoch) => {
      const values = own
        .filter((row) => row.epoch === epoch && row.site.startsWith(name))
        .map(({ value }) => Number(value))
      return [Number(epoch), rounded(mean(values))]
    }),
  )
}

/** [epoch, mean, lowest, highest top-1 in percent] of each arm over its seeds. */
function armCurves(runs) {
  const arms = new Map()
  for (const [name, { run }] of runs) {
    const arm = name.split('/')[0]
    arms.set(arm, [...(arms.get(arm) ?? []), run])
  }
  const curve = (seeds) =>
    seeds[0].evaluations.map(({ epoch }, i) => {
      const values = seeds.map(({ evaluations }) => evaluations[i].top1)
      return [epoch, percent(mean(values)), percent(Math.min(...values)), percent(Math.max(...values))]
    })
  return Object.fromEntries([...arms].map(([arm, seeds]) => [arm, curve(seeds)]))
}

/** [SI, rise of the loss] of single ablated units. */
const singleUnits = (path) =>
  csvParse(readFileSync(path, 'utf8')).map((row) => [
    rounded(Number(row.selectivity)),
    rounded(Number(row.lossIncrease), 4),
  ])

const { values } = parseArgs({
  options: { units: { type: 'string' }, 'units-of': { type: 'string' }, out: { type: 'string', default: page } },
})
if (Boolean(values.units) !== Boolean(values['units-of'])) {
  console.error(
    'usage: node scripts/chart-examples.mjs [--units FILE --units-of TEXT] [--out FILE], with a table and what it is of',
  )
  process.exit(2)
}
const before = JSON.parse(readFileSync(page, 'utf8'))
const index = JSON.parse(readFileSync(join(examples, 'index.json'), 'utf8'))
const [own, arms] = ['run', 'arms'].map((kind) => index.find((example) => example.kind === kind))
const [[name, told]] = await runsOf(own.file)
const all = await runsOf(arms.file)
const tables = await told.reader.tables()
const { probes, evaluations } = told.run
const numbers = {
  provenance: {
    script: 'node scripts/chart-examples.mjs',
    run: `${name} of the recorded runs in public/examples (${own.provenance.data}; ${own.provenance.adapter}): curves, units of layer2 at its peak, ablation of layer4 after the last epoch, gate constancy`,
    arms: `top-1 of the ${all.size} recorded runs: means and ranges over the seeds`,
    singleUnits: values['units-of'] ?? before.provenance.singleUnits,
  },
  epochs: probes.map(({ epoch }) => rounded(epoch, 1)),
  selectivity: byModule((module) => probes.map((probe) => rounded(moduleOf(probe, module).selectivity))),
  floor: probes.map(({ network }) => rounded(network.floor)),
  training: trainingCurve(told.run),
  validation: evaluations.map(({ epoch, loss, top1 }) => [epoch, rounded(loss), percent(top1)]),
  units: await distribution(told),
  ablation: ablation(csvParse(tables.curves)),
  gates: gates(csvParse(tables.linearity)),
  singleUnits: values.units ? singleUnits(values.units) : before.singleUnits,
  arms: armCurves(all),
}
writeFileSync(values.out, `${JSON.stringify(numbers)}\n`)
console.log(`Written: ${values.out}`)
