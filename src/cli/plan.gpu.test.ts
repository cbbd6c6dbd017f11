import { spawn } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { csvParse } from 'd3-dsv'
import { encode } from 'fast-png'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openRunReader } from '../runs/format/reader.ts'
import { findRuns } from '../runs/found-runs.ts'
import { labCommand, labProcess } from '../testing/command-line.ts'
import { syntheticSet } from '../testing/synthetic.ts'

const home = mkdtempSync(join(tmpdir(), 'lab-plan-'))
afterAll(() => rmSync(home, { recursive: true }))

/** Runs a command within this process, which compiles the network's programs once for all commands. */
const lab = (...args: string[]) => labCommand(home, args)

/**
 * Runs task 3 of a job array as SLURM does. Once it prints `stop`, it is told that its time limit is near, and soon after that
 * its whole process group gets a termination signal.
 */
async function arrayTask(script: string, restarts: number, stop?: string) {
  const variables = { SLURM_ARRAY_TASK_ID: '3', SLURM_JOB_ID: '77', SLURM_RESTART_COUNT: `${restarts}` }
  const env = { ...process.env, ...variables, PATH: `${home}:${process.env.PATH}` }
  const child = spawn('bash', [script], { env, cwd: tmpdir(), detached: true })
  let [output, signals] = ['', 0]
  child.stdout.resume()
  child.stderr.on('data', (text) => {
    output += text
    if (stop === undefined || child.pid === undefined) return
    if (signals === 0 && output.includes(stop)) signals += Number(child.kill('SIGUSR1'))
    if (signals === 1 && output.includes('Stopping')) signals += Number(process.kill(-child.pid, 'SIGTERM'))
  })
  const status = await new Promise((resolve) => child.on('close', resolve))
  return { status, output, signals }
}

/** The files of a run that must have the same bytes, and how many checkpoints are among them. */
function results(...path: string[]) {
  const checkpoints = readdirSync(join(home, ...path, 'checkpoints')).map((file) => join('checkpoints', file))
  const files = ['metrics.csv', 'selectivity.csv', 'units.bin', ...checkpoints.sort()]
  return files.map((file) => [file, readFileSync(join(home, ...path, file)).toString('base64')])
}

const seen = (...path: string[]) => readFileSync(join(home, ...path), 'utf8')

/** Two classes of eight training and four validation images, 16×16. */
beforeAll(async () => {
  const set = syntheticSet({ classes: 2, train: 8, validation: 4, size: 16 })
  for (const [name, split] of [
    ['train', set.train],
    ['val', set.validation],
  ] as const) {
    for (const [index, label] of split.labels.entries()) {
      const folder = join(home, 'images', name, `class_${label}`)
      mkdirSync(folder, { recursive: true })
      const { width, height, data } = await split.read(index)
      writeFileSync(join(folder, `${index}.png`), encode({ width, height, data, channels: 3 }))
    }
  }
  const config = {
    data: { source: 'images', inputSize: 16 },
    model: { blocks: [1, 1, 1, 1], width: 4, stem: 'cifar' },
    optimizer: { learningRate: 0.05 },
    train: { batchSize: 8, microBatchSize: 8 },
    probe: { imagesPerClass: 4, earlyEpochs: 1, perEarlyEpoch: 2 },
  }
  writeFileSync(join(home, 'toy.json'), JSON.stringify(config))
})

const flags = ['early-or-late', '--config', 'toy.json', '--epochs', '2', '--late', '1', '--alpha', '-1']
const chosen = [...flags, '--seeds', '1,2', '--arms', 'none,from-0']

describe('a plan from the command line', () => {
  it('is estimated from a few steps, without starting a run', async () => {
    const { status, stdout, stderr } = await lab('plan', ...chosen, '--estimate', '--json')
    expect(status, stderr).toBe(0)
    const { runs, steps, checkpoints, seconds, bytes, costs } = JSON.parse(stdout)
    expect({ runs, steps, checkpoints }).toEqual({ runs: 4, steps: 4 * 4, checkpoints: 4 * 3 })
    expect(seconds).toBeGreaterThan(0)
    expect(bytes).toBeGreaterThan(4 * 4 * costs[0].checkpoint.bytes)
    expect(costs).toHaveLength(1)
    expect(existsSync(join(home, 'none'))).toBe(false)
  })

  it('trains every run', () => {
    const whole = labProcess(home, ['plan', ...chosen, '--out', 'out', '--json'])
    expect(whole.status, whole.stderr).toBe(0)
    expect(JSON.parse(whole.stdout)).toEqual({
      plan: 'early-or-late',
      out: 'out',
      runs: ['none/seed-1', 'from-0/seed-1', 'none/seed-2', 'from-0/seed-2'],
      finished: 4,
      failed: [],
      stopped: false,
    })
  })

  it('trains a run as a task of a job array, which is stopped and goes back into the queue, with the same bytes', async () => {
    const scontrol = join(home, 'scontrol')
    writeFileSync(scontrol, `#!/bin/sh\necho "$@" >> '${home}/requeued'\n`)
    chmodSync(scontrol, 0o755)
    cpSync(join(home, 'out', 'none', 'seed-2'), join(home, 'whole'), { recursive: true })
    rmSync(join(home, 'out', 'none', 'seed-2'), { recursive: true })
    const written = await lab('plan', ...chosen, '--out', 'out', '--slurm', 'job array.sh', '--json')
    expect(written.status, written.stderr).toBe(0)
    const { script } = JSON.parse(written.stdout)
    const stopped = await arrayTask(script, 0, 'epoch 0: selectivity')
    expect([stopped.status, stopped.signals], stopped.output).toEqual([1, 2])
    expect(stopped.output).toContain('Stopping after this step')
    expect(seen('requeued')).toBe('requeue 77\n')
    const trained = seen('out', 'none', 'seed-2', 'events.jsonl').match(/"type":"step"/g) ?? []
    expect(trained.length).toBeLessThan(8)
    // As after a failure of its host: the lock is still there.
    const lock = { host: 'far', pid: 1, started: '', time: 0, job: { id: '77', attempt: 0 } }
    writeFileSync(join(home, 'out', 'none', 'seed-2', 'run.lock'), JSON.stringify(lock))
    const resumed = await arrayTask(script, 1)
    expect(resumed.status, resumed.output).toBe(0)
    expect(resumed.output).toContain('resumes from its newest state')
    expect(results('out', 'none', 'seed-2')).toEqual(results('whole'))
    rmSync(join(home, 'whole'), { recursive: true })
  })

  it('continues with missing measurements, on images that have moved', async () => {
    const plan = JSON.parse(seen('out', 'plan.json'))
    plan.measure = {
      epochs: [0, 2],
      ablation: { modules: ['layer4'], draws: 1, points: 3 },
      units: { modules: ['layer4'], sample: 2 },
      linearity: true,
    }
    // The images have moved.
    renameSync(join(home, 'images'), join(home, 'moved'))
    plan.base.data.source = 'moved'
    writeFileSync(join(home, 'file.json'), JSON.stringify(plan))
    const again = await lab('plan', 'file.json', '--out', 'out', '--json')
    expect(again.status, again.stderr).toBe(0)
    renameSync(join(home, 'moved'), join(home, 'images'))
    expect(again.stderr.match(/: finished before/g)).toHaveLength(4)
    expect(again.stderr).not.toContain('Warning')
    const curves = csvParse(seen('out', 'from-0', 'seed-1', 'ablation-curves.csv'))
    expect(curves).toHaveLength(2 * 2 * 3)
    expect(new Set(curves.map(({ epoch }) => epoch))).toEqual(new Set(['0', '2']))
    const linearity = csvParse(seen('out', 'none', 'seed-2', 'linearity.csv'))
    expect(linearity.filter(({ measure }) => measure === 'affineDeviation')).toHaveLength(2)
    const units = csvParse(seen('out', 'none', 'seed-1', 'ablation-units.csv'))
    expect(units.map(({ epoch, module }) => [epoch, module])).toEqual(['0', '0', '2', '2'].map((at) => [at, 'layer4']))
  })

  it('does not write into the folder of a plan with another configuration', async () => {
    expect(await lab('plan', ...chosen, '--set', 'optimizer.learningRate=0.1', '--out', 'out')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^Error: .*seed-1 holds a run of another configuration/),
    })
  })

  it('is compared by arm', async () => {
    const { status, stdout, stderr } = await lab('compare', 'out', '--metric', 'top1,aboveFloor', '--json')
    expect(status, stderr).toBe(0)
    const { arms, differences, configurations } = JSON.parse(stdout)
    expect(arms.map(({ name, runs }: { name: string; runs: string[] }) => [name, runs.length])).toEqual([
      ['from-0', 2],
      ['none', 2],
    ])
    expect(differences).toMatchObject([{ group: 'from-0', reference: 'none', difference: { n: 2 } }])
    expect(configurations.map(({ key }: { key: string }) => key)).toEqual(['seed', 'regularizer.schedule'])
    const metrics = new Set(csvParse(seen('out', 'compare-bands.csv')).map(({ metric }) => metric))
    expect([...metrics][0]).toBe('top1')
    expect(metrics).toContain('aboveFloor/layer4')
  })

  it('is judged, and has too few seeds for a verdict', async () => {
    const { status, stdout, stderr } = await lab('claims', 'out', '--json')
    expect(status, stderr).toBe(0)
    const { claims, rules } = JSON.parse(stdout)
    expect(claims.map(({ verdict }: { verdict: string }) => verdict)).not.toContain('holds')
    expect(claims.map(({ because }: { because: string }) => because).join()).toContain('Run the plan')
    expect(rules.length).toBeGreaterThan(2)
    expect(csvParse(seen('out', 'claims.csv')).columns).toContain('partVerdict')
    expect((await lab('claims', 'out')).stdout).toContain('Rise and recede: ')
  })

  it('has runs that are forked, repeated and listed', async () => {
    const forked = await lab(
      'train',
      '--fork',
      'out/none/seed-1@1',
      '--set',
      'optimizer.learningRate=0.01',
      '--out',
      'out/fork',
    )
    expect(forked.status, forked.stderr).toBe(0)
    const repeated = await lab('train', '--repeat', 'out/fork', '--out', 'again', '--json')
    expect(repeated.status, repeated.stderr).toBe(0)
    expect(JSON.parse(repeated.stdout)).toMatchObject({ run: 'out/fork', identical: true, difference: null })
    const { runs } = JSON.parse((await lab('runs', 'out/fork', 'again', '--json')).stdout)
    expect(runs).toMatchObject([
      { name: 'again', state: 'finished', parent: { kind: 'repeat' } },
      { name: 'fork', epoch: 2, parent: { kind: 'fork', name: 'none/seed-1', epoch: 1, momentum: 'kept' } },
    ])
    rmSync(join(home, 'out', 'fork'), { recursive: true })
  })

  it('is packed for the page with its measurements', async () => {
    const { status, stdout, stderr } = await lab('pack', 'out', '--out', 'runs.zip')
    expect(status, stderr).toBe(0)
    expect(stdout).toMatch(/^runs\.zip: 4 runs, \d+ kB/)
    const { runs, problems } = await findRuns(
      [{ path: 'runs.zip', file: new Blob([readFileSync(join(home, 'runs.zip'))]) }],
      'runs.zip',
    )
    expect(problems).toEqual([])
    expect(runs.map(({ folder }) => folder)).toEqual(['from-0/seed-1', 'from-0/seed-2', 'none/seed-1', 'none/seed-2'])
    for (const { folder: name, files } of runs) {
      const texts = await (await openRunReader(files, name)).tables()
      expect(csvParse(texts.curves ?? '')).toEqual(csvParse(seen('out', ...name.split('/'), 'ablation-curves.csv')))
      expect(Object.keys(texts)).toEqual(['curves', 'units', 'linearity'])
    }
  })
})
