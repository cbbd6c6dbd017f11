import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseSafetensors, writeSafetensors } from '../model/safetensors.ts'
import { type CommandResult, labCommand, labProcess } from '../testing/command-line.ts'
import { floats, oracleCase, oraclePath, withPrefix } from '../testing/oracle.ts'

const home = mkdtempSync(join(tmpdir(), 'lab-cli-'))
afterAll(() => rmSync(home, { recursive: true }))

/** Runs a command as a process of its own. */
const started = (...args: string[]) => labProcess(home, args)

/** Runs a command within this process. */
const lab = (...args: string[]) => labCommand(home, args)

const oracle = oracleCase('active-full-batch')
const { config: given } = oracle
const images = join(oraclePath('active-full-batch'), 'images')
const config = {
  name: 'full-batch',
  data: { source: images, inputSize: given.size, augmentation: 'none' },
  model: { blocks: given.blocks, width: given.width },
  optimizer: { learningRate: given.lr, momentum: given.momentum, weightDecay: given.weight_decay },
  train: { epochs: given.steps, batchSize: given.batch, microBatchSize: given.batch },
  regularizer: { schedule: [{ fromEpoch: 0, toEpoch: given.steps, alpha: given.alpha }] },
  probe: { imagesPerClass: 4, earlyEpochs: 0 },
}

describe('training from the command line', () => {
  const out = join(home, 'run')
  let trained: CommandResult

  beforeAll(() => {
    writeFileSync(join(home, 'config.json'), JSON.stringify(config))
    writeFileSync(join(home, 'init.safetensors'), writeSafetensors(withPrefix(oracle.tensors, 'state.before')))
    trained = started('train', '--config', 'config.json', '--init', 'init.safetensors', '--out', out)
  })

  it('succeeds, prints the adapter, and writes the run’s files', () => {
    expect(trained.status, trained.stderr).toBe(0)
    expect(trained.stdout).toBe('')
    expect(trained.stderr).toMatch(/Adapter: .+ \(.+\)/)
    for (const file of ['config.json', 'environment.json', 'events.jsonl', 'metrics.csv', 'selectivity.csv'])
      expect(existsSync(join(out, file)), file).toBe(true)
    const events = readFileSync(join(out, 'events.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(events.at(-1)).toMatchObject({ type: 'end', reason: 'finished' })
    const [header, ...rows] = readFileSync(join(out, 'metrics.csv'), 'utf8').trim().split('\n')
    expect(header).toBe('step,epoch,split,loss,crossEntropy,penalty,alpha,learningRate,top1,top5')
    expect(rows.map((row) => row.split(',')[2])).toEqual([
      'validation',
      'train',
      'validation',
      'train',
      'validation',
      'train',
      'validation',
    ])
    const units = readFileSync(join(out, 'selectivity.csv'), 'utf8').trim().split('\n').length - 1
    expect(units).toBe(4 * (32 + 64 + 128 + 256))
  })

  it('records the GPU work of its steps in environment.json, compiled and eager', async () => {
    const graphsOf = (folder: string) => JSON.parse(readFileSync(join(folder, 'environment.json'), 'utf8')).graphs
    expect(graphsOf(out)).toMatchObject(
      ['evaluation', 'probe', 'training'].map((name) => ({ name, compiled: true, submits: expect.any(Number) })),
    )
    const plain = join(home, 'plain')
    const eager = await lab('train', '--config', 'config.json', '--init', 'init.safetensors', '--out', plain, '--eager')
    expect(eager.status, eager.stderr).toBe(0)
    expect(graphsOf(plain).every(({ compiled }: { compiled: boolean }) => !compiled)).toBe(true)
    for (const file of ['metrics.csv', 'selectivity.csv', 'checkpoints/epoch-0003.safetensors']) {
      expect(Buffer.compare(readFileSync(join(plain, file)), readFileSync(join(out, file))), file).toBe(0)
    }
  })

  it('has PyTorch’s losses and weights', () => {
    const rows = readFileSync(join(out, 'metrics.csv'), 'utf8')
      .split('\n')
      .map((row) => row.split(','))
    const losses = rows.filter((row) => row[2] === 'train').map((row) => Number(row[3]))
    oracle.steps.forEach(({ loss }, i) => {
      expect(Math.abs(losses[i] - loss) / loss).toBeLessThan(1e-6)
    })
    const { tensors } = parseSafetensors(readFileSync(join(out, 'checkpoints', 'epoch-0003.safetensors')))
    let difference = 0
    let change = 0
    for (const [name, { data }] of withPrefix(oracle.tensors, 'state.after').tensors) {
      const before = floats(oracle.tensors, `state.before/${name}`)
      const ours = tensors.get(name)?.data as Float32Array
      for (const [i, value] of (data as Float32Array).entries()) {
        difference += (ours[i] - value) ** 2
        change += (value - before[i]) ** 2
      }
    }
    expect(Math.sqrt(difference / change)).toBeLessThan(1e-3)
  })

  it('refuses to overwrite a run, and resumes it to the same files', async () => {
    expect(started('train', '--config', 'config.json', '--out', out)).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringMatching(/already contains a run/),
    })
    const cut = join(home, 'cut')
    const first = ['--config', 'config.json', '--init', 'init.safetensors', '--set', 'train.epochs=1']
    expect((await lab('train', ...first, '--out', cut)).status).toBe(0)
    const resumed = await lab('train', '--resume', '--out', cut, '--set', 'train.epochs=3')
    expect(resumed.status, resumed.stderr).toBe(0)
    for (const file of ['metrics.csv', 'selectivity.csv', 'checkpoints/epoch-0003.safetensors']) {
      expect(Buffer.compare(readFileSync(join(cut, file)), readFileSync(join(out, file))), file).toBe(0)
    }
  })

  it('refuses what exceeds a smaller adapter before it reads images, with the micro-batch that fits', () => {
    const limits = (value: object) => {
      writeFileSync(join(home, 'limits.json'), JSON.stringify(value))
      return { LAB_DEVICE_LIMITS: 'limits.json' }
    }
    const stem = ['--set', 'model.stem=cifar']
    const low = limits({ limits: { maxStorageBufferBindingSize: 1600 * 1024 } })
    const refused = labProcess(home, ['train', '--config', 'config.json', ...stem, '--out', 'refused'], low)
    expect(refused.stderr).toMatch(
      /^Error: A training step in micro-batches of .* set train\.microBatchSize to 3 or less$/m,
    )
    expect(refused.stderr).not.toContain('Dataset:')
    expect(refused.status).toBe(1)
    expect(existsSync(join(home, 'refused'))).toBe(false)
    const lower = limits({ limits: { maxStorageBufferBindingSize: 64 * 1024 }, memoryBudget: 0.01 })
    const resumed = labProcess(home, ['train', '--resume', '--out', out, '--set', 'train.epochs=9'], lower)
    expect([resumed.status, resumed.stderr]).toEqual([1, expect.stringMatching(/this adapter allows 0.06 MiB/)])
    const wrong = labProcess(home, ['evaluate', '--run', out], { LAB_DEVICE_LIMITS: 'nowhere.json' })
    expect([wrong.status, wrong.stderr]).toEqual([
      2,
      expect.stringMatching(/cannot read the device limits: nowhere.json/),
    ])
  })

  it('evaluates in smaller batches on request, with the same result', async () => {
    const resultOf = async (...args: string[]) =>
      JSON.parse((await lab('evaluate', '--run', out, '--json', ...args)).stdout)
    const { loss, ...others } = await resultOf()
    const smaller = await resultOf('--micro-batch', '3')
    expect(Math.abs(smaller.loss / loss - 1)).toBeLessThan(1e-6)
    expect(smaller).toMatchObject({ images: others.images, top1: others.top1, top5: others.top5 })
  })

  it('evaluates the newest checkpoint and prints only JSON', () => {
    const { status, stdout, stderr } = started('evaluate', '--run', out, '--json')
    expect(status, stderr).toBe(0)
    const result = JSON.parse(stdout)
    expect(Object.keys(result).sort()).toEqual(['crossEntropy', 'images', 'loss', 'top1', 'top5'])
    expect(result).toMatchObject({ images: 20, top1: expect.closeTo(oracle.eval.top1, 6), top5: 1 })
    expect(Math.abs(result.crossEntropy - oracle.eval.crossEntropy)).toBeLessThan(1e-5)
  })
})

describe('other commands', () => {
  it('inspect a dataset as JSON', async () => {
    const { status, stdout } = await lab('inspect', images, '--json')
    expect(status).toBe(0)
    const report = JSON.parse(stdout)
    expect(report.classes[0]).toEqual({ id: 'class_0', name: 'class_0', train: 2, validation: 4 })
    expect(report).toMatchObject({
      images: { train: 10, validation: 20 },
      unreadable: [],
      duplicates: [],
      fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
  })

  it('list the commands and the configuration fields', async () => {
    const { status, stdout } = started('--help')
    expect(status).toBe(0)
    expect(stdout).toMatch(/^ {2}linearity +Measure how linear/m)
    for (const args of [['fields'], ['--help', 'fields'], ['help', 'fields']]) {
      expect(await lab(...args)).toMatchObject({
        status: 0,
        stdout: expect.stringContaining('optimizer.learningRate = 0.1'),
      })
    }
    expect(await lab()).toMatchObject({ status: 2, stdout })
  })

  it('train a preset without a configuration file', async () => {
    const settings = [
      ...[`data.source=${images}`, 'data.augmentation=none', 'data.imagesPerClass=null'],
      ...['data.validationImagesPerClass=null', 'train.epochs=1', 'probe.earlyEpochs=0'],
      ...['train.batchSize=5', 'train.microBatchSize=5'],
    ].flatMap((setting) => ['--set', setting])
    const trained = await lab('train', '--preset', 'small', ...settings, '--out', 'preset')
    expect(trained.status, trained.stderr).toBe(0)
    expect(JSON.parse(readFileSync(join(home, 'preset', 'config.json'), 'utf8'))).toMatchObject({ name: 'small' })
  })

  it.each([
    [
      ['paint'],
      /^Error: unknown command: paint \(have train, evaluate, ablate, linearity, indices, unit, plan, work, board, runs, compare, claims, pack, parquet, tensorboard, inspect, caches, fields\)/,
    ],
    [['train', '--out', 'x'], /^Error: missing --config or --preset\. See: npm run lab -- train --help$/m],
    [
      ['train', '--config', 'config.json', '--preset', 'small', '--out', 'x'],
      /^Error: --preset does not go with --config/,
    ],
    [['train', '--config', 'nowhere.json', '--out', 'x'], /^Error: cannot read the configuration: nowhere\.json/],
    [
      ['train', '--config', 'config.json', '--out', 'x', '--set', 'train.epochs=no'],
      /^Error: invalid train\.epochs: "no"/,
    ],
    [
      ['train', '--config', 'config.json', '--out', 'x', '--set', 'epochs=3'],
      /^Error: unknown configuration key: epochs/,
    ],
    [['train', '--fast'], /^Error: Unknown option '--fast'/],
    [['train', '--resume', '--out', 'x'], /^Error: no run to resume in x: it has no events\.jsonl/],
    [['evaluate', '--run', 'nowhere', '--json'], /^Error: nowhere is not a run folder: it has no config\.json/],
    [['inspect', 'nowhere'], /^Error: no such data source: .*nowhere/],
    [['inspect'], /^Error: missing argument: SOURCE/],
  ])('refuse %j with exit code 2 and one line', async (args, message) => {
    const { status, stdout, stderr } = await lab(...args)
    expect(status).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toMatch(message)
    expect(stderr.trim().split('\n')).toHaveLength(1)
  })
})
