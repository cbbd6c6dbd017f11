/**
 * Makes the examples of the page from the folder of a plan: one run that opens in the run view, and all finished runs that
 * open in Compare. Writes the zips and their index to public/examples.
 * Usage: node scripts/examples.mjs PLAN [--commit HASH] [--out FOLDER]
 */
import { execFileSync } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, readSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from './setup.mjs'

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

function entries(plan, runs, commit) {
  const own = runOfItself(plan, runs)
  const { start } = own
  const { environment, config, classes } = start
  const network = `A ${config.model.block} ResNet of width ${config.model.width}`
  const provenance = {
    lab: environment.lab,
    commit,
    adapter: environment.adapter.name,
    data: dataText(start),
    command: commandOf(plan),
  }
  const arms = plan.arms.filter(({ name }) => runs.some(({ arm }) => arm === name))
  const seedsOf = (name) => runs.filter(({ arm }) => arm === name).map(({ seed }) => seed)
  const seeds = list(
    arms.map(
      (arm) => `${armText(arm)} (${seedsOf(arm.name).length > 1 ? 'seeds' : 'seed'} ${list(seedsOf(arm.name))})`,
    ),
  )
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
      text: `The same network with and without the regularizer. ${count}: ${seeds}.`,
      file: 'early-or-late.zip',
      runs: runs.map(({ name, arm, seed }) => ({ name, units: seed === seedsOf(arm)[0] })),
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
const index = entries(plan, runs, values.commit ?? null)
for (const { kind, file, runs: own } of index) {
  const units = own.flatMap(({ name, units: whole }) => (whole ? ['--units-of', name] : []))
  if (kind === 'run') pack(join(folder, own[0].name), join(values.out, file), ['--units'])
  else pack(folder, join(values.out, file), ['--finished', ...units])
}
writeFileSync(join(values.out, 'index.json'), `${JSON.stringify(index, null, 2)}\n`)
console.log(`${readdirSync(values.out).length} files in ${values.out}`)
