/**
 * Makes the examples of the page from the folder of a plan: one run that opens in the run view, and all finished runs that
 * open in Compare. Writes the zips and their index to public/examples.
 * Usage: node scripts/examples.mjs PLAN [--commit HASH] [--out FOLDER]
 */
import { execFileSync } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, readSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { csvParse } from 'd3-dsv'
import { tsImport } from 'tsx/esm/api'
import { root } from './setup.mjs'

const { adapterName } = await tsImport('../src/adapter-name.ts', import.meta.url)

/** The set, by the name of its file; other sets have that name. */
const sets = { cifar10: 'CIFAR-10', 'tiny-imagenet-100.tar': 'Tiny ImageNet' }

/** The start event of a run, which is among the first lines of its log. */
function startOf(log) {
  const file = openSync(log)
  const bytes = Buffer.alloc(1 << 20)
  const text = bytes.toString('utf8', 0, readSync(file, bytes))
  closeSync(file)
  return JSON.parse(text.split('\n').find((line) => line.startsWith('{"type":"start"')))
}

/** The last event of a log; null where a run that still trains, or was interrupted, has written a part of a line. */
function lastEvent(log) {
  try {
    return JSON.parse(readFileSync(log, 'utf8').trimEnd().split('\n').at(-1))
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

const isFinished = (log) => existsSync(log) && lastEvent(log)?.reason === 'finished'

/** The finished runs of a plan with their start events, arm after arm. */
function finishedRuns(folder, { arms, seeds }) {
  const all = arms.flatMap(({ name }) => seeds.map((seed) => ({ arm: name, seed, name: `${name}/seed-${seed}` })))
  return all.flatMap((run) => {
    const log = join(folder, run.name, 'events.jsonl')
    return isFinished(log) ? [{ ...run, start: startOf(log) }] : []
  })
}

const minus = (number) => String(number).replace('-', '−')
const thousands = (number) => number.toLocaleString('en-US')
const list = (items, word = 'and') =>
  items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} ${word} ${items.at(-1)}`

function armText({ changes }) {
  const windows = changes['regularizer.schedule']
  if (windows.length === 0) return 'no regularizer'
  return list(
    windows.map(({ fromEpoch, alpha }) =>
      fromEpoch === 0 ? `α ${minus(alpha)} from the start` : `α ${minus(alpha)} from epoch ${fromEpoch}`,
    ),
  )
}

/** The different values of a column, in their order. */
const distinct = (rows, column) => [...new Set(rows.map((row) => row[column]))]

/** The words of the command that takes the curves of a run's table of ablation again; `run` is its folder. */
function curvesCommand(rows, run) {
  const [{ module, order, draw, epoch }] = rows
  const curve = (row) => row.module === module && row.order === order && row.draw === draw && row.epoch === epoch
  const [points, draws] = [rows.filter(curve).length, distinct(rows, 'draw').length]
  return `npm run lab -- ablate --run ${run} --curves --order ${distinct(rows, 'order')} --draws ${draws} --points ${points} --epochs ${distinct(rows, 'epoch')}`
}

/** The words of the commands that measured runs of a plan after their training, in its folder `out`; none where no run was. */
function measuringCommands(folder, runs, out) {
  const rowsOf = ({ name }, table) => {
    const path = join(folder, name, table)
    return existsSync(path) ? csvParse(readFileSync(path, 'utf8')) : []
  }
  const measured = runs.filter((run) => rowsOf(run, 'ablation-curves.csv').length > 0)
  return distinct(measured, 'arm').map((arm) => {
    const own = measured.filter((run) => run.arm === arm)
    const run = `${out}/${arm}/seed-$n`
    const linear = rowsOf(own[0], 'linearity.csv')
    const commands = [curvesCommand(rowsOf(own[0], 'ablation-curves.csv'), run)]
    if (linear.length > 0) commands.push(`npm run lab -- linearity --run ${run} --epochs ${distinct(linear, 'epoch')}`)
    return `for n in ${distinct(own, 'seed').join(' ')}; do ${commands.join('; ')}; done`
  })
}

/** The words of the commands that trained the plan and measured its runs. */
function commandsOf(plan, folder, runs) {
  const out = `plans/${plan.name}`
  return [`${commandOf(plan)} --out ${out}`, ...measuringCommands(folder, runs, out)].join(' && ')
}

/** The words of the command that trained the plan. */
function commandOf(plan) {
  const windows = plan.arms.flatMap(({ changes }) => changes['regularizer.schedule'])
  const late = Math.max(...windows.map(({ fromEpoch }) => fromEpoch))
  const { epochs } = plan.base.train
  const measure = plan.measure.epochs || plan.measure.linearity ? '' : ' --measure none'
  return `npm run lab -- plan ${plan.name} --config ${plan.base.name}.json --epochs ${epochs} --alpha ${windows[0].alpha} --late ${late} --seeds ${plan.seeds.join(',')}${measure}`
}

function dataText({ environment, classes, images, config }) {
  const name = sets[environment.data.source.split(/[/\\]/).at(-1)] ?? environment.data.source
  const side = config.data.inputSize
  return `${classes.length} classes of ${name}: ${thousands(images.train)} training and ${thousands(images.validation)} validation images at ${side}×${side}`
}

function pack(folder, out, flags) {
  const lab = join(root, 'scripts', 'lab.mjs')
  execFileSync(process.execPath, [lab, 'pack', folder, '--out', out, ...flags], { stdio: 'inherit' })
}

/** The run that shows how selectivity rises and recedes: one without a regularizer. */
const runOfItself = (plan, runs) =>
  runs.find(({ arm }) => plan.arms.find(({ name }) => name === arm).changes['regularizer.schedule'].length === 0)

/** `1 to 5`, or `1, 2 and 4`. */
function seedsText(seeds) {
  const isRange = seeds.length > 2 && seeds.every((seed, i) => seed === seeds[0] + i)
  return `${seeds.length > 1 ? 'seeds' : 'seed'} ${isRange ? `${seeds[0]} to ${seeds.at(-1)}` : list(seeds)}`
}

/** The arms and their seeds, which are named once where they are the same. */
function armsText(arms, seedsOf) {
  const seeds = arms.map(({ name }) => seedsText(seedsOf(name)))
  if (arms.length > 1 && new Set(seeds).size === 1) return `${list(arms.map(armText))}, each with ${seeds[0]}`
  return list(arms.map((arm, i) => `${armText(arm)} (${seeds[i]})`))
}

function entries({ plan, folder, runs, commit }) {
  const own = runOfItself(plan, runs)
  const { start } = own
  const { environment, config, classes } = start
  const network = `A ${config.model.block} ResNet of width ${config.model.width}`
  const provenance = {
    lab: environment.lab,
    commit,
    adapter: adapterName(environment.adapter),
    data: dataText(start),
    command: commandsOf(plan, folder, runs),
  }
  const arms = plan.arms.filter(({ name }) => runs.some(({ arm }) => arm === name))
  const seedsOf = (name) => runs.filter(({ arm }) => arm === name).map(({ seed }) => seed)
  const planned = plan.arms.length * plan.seeds.length
  const count = runs.length === planned ? `${planned} runs` : `${runs.length} of ${planned} planned runs`
  return [
    {
      id: 'rise-and-recede',
      kind: 'run',
      title: 'Rise and recede',
      text: `${network} learns ${classes.length} classes in ${config.train.epochs} epochs. Class selectivity rises early and recedes.`,
      file: 'rise-and-recede.zip',
      runs: [{ name: own.name, units: true }],
      preset: plan.base.name ?? null,
      provenance,
    },
    {
      id: 'early-or-late',
      kind: 'arms',
      title: 'Early or late',
      text: `The same network with and without the regularizer. ${count}: ${armsText(arms, seedsOf)}.`,
      file: 'early-or-late.zip',
      // The run of the first example has its units there.
      runs: runs.map(({ name, arm, seed }) => ({ name, units: seed === seedsOf(arm)[0] && name !== own.name })),
      preset: plan.base.name ?? null,
      provenance,
    },
  ]
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { commit: { type: 'string' }, out: { type: 'string', default: join(root, 'public', 'examples') } },
})
const [folder] = positionals
if (!folder || !existsSync(join(folder, 'plan.json'))) {
  console.error(
    'usage: node scripts/examples.mjs PLAN [--commit HASH] [--out FOLDER], with a folder that has a plan.json',
  )
  process.exit(2)
}
const plan = JSON.parse(readFileSync(join(folder, 'plan.json'), 'utf8'))
plan.base.data.source = plan.base.data.source.split(/[/\\]/).at(-1)
const runs = finishedRuns(folder, plan)
if (runs.length === 0) {
  console.error(`no run of ${folder} has finished`)
  process.exit(1)
}
if (!runOfItself(plan, runs)) {
  console.error(`no run of ${folder} without a regularizer has finished, which is the first example`)
  process.exit(1)
}
mkdirSync(values.out, { recursive: true })
const index = entries({ plan, folder, runs, commit: values.commit ?? null })
for (const { kind, file, runs: own } of index) {
  const units = own.flatMap(({ name, units: whole }) => (whole ? ['--units-of', name] : []))
  if (kind === 'run') pack(join(folder, own[0].name), join(values.out, file), ['--units'])
  else pack(folder, join(values.out, file), ['--finished', ...units])
}
writeFileSync(join(values.out, 'index.json'), `${JSON.stringify(index, null, 2)}\n`)
console.log(`${readdirSync(values.out).length} files in ${values.out}`)
