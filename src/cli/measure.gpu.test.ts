import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { csvParse } from 'd3-dsv'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { measure, type TableMeasurement } from '../analysis/measure.ts'
import { withNetwork } from '../analysis/open-run.ts'
import { ablationOrders } from '../measure/ablation.ts'
import { evaluate } from '../measure/evaluate.ts'
import { writeSafetensors } from '../model/safetensors.ts'
import { createTable, type Table, tables } from '../runs/tables.ts'
import { type CommandResult, labCommand, labProcess } from '../testing/command-line.ts'
import { floats, labeledImages, oracleCase, oraclePath, withPrefix } from '../testing/oracle.ts'
import { type ImageOptions, openHostGpu, openImages } from './host.ts'
import { openForMeasuring } from './open-run.ts'
import { checkpointsOf, readRun } from './run-description.ts'

const home = mkdtempSync(join(tmpdir(), 'lab-measure-'))
afterAll(() => rmSync(home, { recursive: true }))

/** The JSON that a command prints. */
function jsonOf({ status, stdout, stderr }: CommandResult) {
  expect(status, stderr).toBe(0)
  return JSON.parse(stdout)
}

/** The JSON of a command within this process, which compiles the network's programs once for all commands. */
const json = async (...args: string[]) => jsonOf(await labCommand(home, [...args, '--json']))

const table = (file: string) => csvParse(readFileSync(join(home, 'run', file), 'utf8'))

const oracle = oracleCase('full-batch')
const { config, tensors } = oracle
const { labels } = labeledImages(tensors, 'eval')

/** Mean cross-entropy of PyTorch's logits. */
function crossEntropyOf(logits: Float32Array): number {
  const losses = Array.from(labels, (label, n) => {
    const own = logits.slice(n * config.classes, (n + 1) * config.classes)
    return Math.log(own.reduce((sum, value) => sum + Math.exp(value), 0)) - own[label]
  })
  return losses.reduce((a, b) => a + b) / losses.length
}

/** A run folder with PyTorch's weights before and after its steps. */
beforeAll(() => {
  const run = join(home, 'run')
  mkdirSync(join(run, 'checkpoints'), { recursive: true })
  const write = (file: string, value: unknown) => writeFileSync(join(run, file), JSON.stringify(value))
  write('config.json', {
    data: { source: join(oraclePath('full-batch'), 'images'), inputSize: config.size, augmentation: 'none' },
    model: { blocks: config.blocks, width: config.width },
    train: { batchSize: 20, microBatchSize: 20 },
    probe: { imagesPerClass: 3 },
  })
  const classes = Array.from({ length: config.classes }, (_, i) => ({ id: `class_${i}`, name: `class_${i}` }))
  write('environment.json', { data: { source: '', fingerprint: '', classes } })
  for (const [epoch, state] of ['before', 'after'].entries()) {
    const file = join(run, 'checkpoints', `epoch-000${epoch}.safetensors`)
    writeFileSync(file, writeSafetensors(withPrefix(tensors, `state.${state}`)))
  }
})

describe('ablate', () => {
  it('has PyTorch’s loss with units set to zero, at the newest checkpoint', () => {
    const list = Object.entries(oracle.ablation.units).map(([site, units]) => `${site}:${units.join(',')}`)
    const args = ['ablate', '--run', 'run', '--units', list.join(';'), '--mode', 'zero', '--json']
    const result = jsonOf(labProcess(home, args))
    expect(Object.keys(result)).toEqual(['baseline', 'ablated'])
    for (const [name, logits] of [
      ['baseline', 'eval.logits'],
      ['ablated', 'eval.ablated.logits'],
    ]) {
      expect(Object.keys(result[name])).toEqual(['loss', 'crossEntropy', 'top1', 'top5'])
      expect(Math.abs(result[name].crossEntropy - crossEntropyOf(floats(tensors, logits)))).toBeLessThan(1e-5)
    }
    expect(result.baseline.top1).toBeCloseTo(oracle.eval.top1, 6)
  })

  it('measures curves at all checkpoints, writes them to a table and resumes from it', async () => {
    const args = ['ablate', '--run', 'run', '--curves', '--module', 'layer4', '--draws', '2', '--points', '3']
    const newest = await json(...args)
    expect(newest.checkpoints).toHaveLength(1)
    expect(newest.checkpoints[0]).toMatchObject({ checkpoint: 'epoch-0001.safetensors', epoch: 1, mode: 'zero' })
    expect(newest.checkpoints[0].areas.map(({ order, draw }: { order: string; draw: number }) => order + draw)).toEqual(
      ['selective0', 'random0', 'random1', 'least0'],
    )
    const before = table('ablation-curves.csv')
    expect(before).toHaveLength(4 * 3)
    expect(before.columns).toEqual(
      'checkpoint,data,fingerprint,module,order,draw,mode,seed,n,epoch,share,loss,top1,top5'.split(','),
    )
    const { stdout, stderr } = await labCommand(home, [...args, '--all-checkpoints', '--json'])
    // The newest checkpoint has been measured, so its network is not loaded.
    expect(stderr.match(/Checkpoint: .*/g)).toEqual([expect.stringContaining('epoch-0000.safetensors')])
    const all = JSON.parse(stdout)
    expect(all.checkpoints[1]).toEqual(newest.checkpoints[0])
    expect(table('ablation-curves.csv')).toHaveLength(2 * 4 * 3)
    expect(table('ablation-curves.csv').slice(0, 12)).toEqual(before.slice())
  })

  it('ablates a sample of single units, and extends it', async () => {
    const args = ['ablate', '--run', 'run', '--single', '--module', 'layer4']
    const [{ modules }] = (await json(...args, '--sample', '8')).checkpoints
    expect(modules).toMatchObject([{ module: 'layer4', units: 8, lossIncrease: { rho: expect.any(Number) } }])
    const rows = table('ablation-units.csv')
    expect(rows).toHaveLength(8)
    expect(rows.every(({ site, unit }) => site === 'layer4.0' && Number(unit) < 256)).toBe(true)
    expect((await json(...args, '--sample', '40')).checkpoints[0].modules[0].units).toBe(40)
    const more = table('ablation-units.csv')
    expect(more.slice(0, 8)).toEqual(rows.slice())
    expect(new Set(more.map(({ unit }) => unit)).size).toBe(more.length)
  })
})

describe('linearity', () => {
  it('has PyTorch’s numbers with pairs in the order of the data, and adds them to a table', async () => {
    const result = await json('linearity', '--run', 'run', '--pairs', 'data-order')
    expect(result).toMatchObject({ pairs: 'data-order', seed: expect.any(Number) })
    const sites = oracle.crossLayerCorrelation.order.slice(0, -1)
    expect(Math.abs(result.affineDeviation / oracle.linearity.affineDeviation - 1)).toBeLessThan(1e-5)
    expect(Object.keys(result.gateConstancy)).toEqual(sites)
    expect(Object.keys(result.readOut)).toEqual(sites)
    expect(result.crossLayerCorrelation.order).toEqual([...sites, 'fc'])
    for (const k of ['1', '2', '3']) {
      const expected = oracle.crossLayerCorrelation.byK[k].map((row) => row.map((value) => expect.closeTo(value, 4)))
      expect(result.crossLayerCorrelation.byK[k]).toEqual(expected)
    }
    const rows = table('linearity.csv')
    expect(rows).toHaveLength(1 + 2 * 4 + 2 * 3 * 25)
    expect(rows[0]).toMatchObject({ checkpoint: 'epoch-0001.safetensors', epoch: '1', measure: 'affineDeviation' })
    expect(Number(rows[0].value)).toBe(result.affineDeviation)
  })

  it('pairs images by the seed by default, and stores both pairings', async () => {
    const result = await json('linearity', '--run', 'run')
    expect(result.pairs).toBe('seeded')
    expect(result.affineDeviation).not.toBe(oracle.linearity.affineDeviation)
    const rows = table('linearity.csv').filter(({ measure }) => measure === 'affineDeviation')
    expect(rows.map(({ pairs, seed }) => [pairs, seed])).toEqual([
      ['data-order', String(result.seed)],
      ['seeded', String(result.seed)],
    ])
  })
})

describe('indices and unit', () => {
  it('have the numbers of the probe', async () => {
    const [{ sites }] = (await json('indices', '--run', 'run', '--index', 'selectivity,precision')).checkpoints
    expect(sites.map(({ site }: { site: string }) => site)).toEqual(['layer1.0', 'layer2.0', 'layer3.0', 'layer4.0'])
    const rows = table('indices.csv')
    expect(rows).toHaveLength(2 * (32 + 64 + 128 + 256))
    const own = rows.find(({ site, unit, index }) => site === 'layer2.0' && unit === '3' && index === 'selectivity')
    const unit = await json('unit', '--run', 'run', '--unit', 'layer2.0:3', '--top', '4')
    expect(unit).toMatchObject({ site: 'layer2.0', unit: 3, selectivity: Number(own?.value) })
    expect(unit.tuning).toHaveLength(5)
    const best = unit.tuning.reduce((a: { mean: number }, b: { mean: number }) => (b.mean > a.mean ? b : a))
    expect(unit.preferredClass).toBe(best.class)
    expect(unit.top).toHaveLength(4)
    for (const { image, path, class: id } of unit.top) {
      expect(id).toBe(`class_${labels[image]}`)
      expect(path).toContain(`val/${id}/0${String(image).padStart(2, '0')}.png`)
    }
    expect(unit.ablation.loss).toBeGreaterThan(0)
  })
})

describe('the measuring service', () => {
  it('yields the rows that the command line wrote', async () => {
    const files = readRun({ run: join(home, 'run') })
    const all = checkpointsOf(files)
    const checkpoints = all.slice(-1)
    const zero = { checkpoints, mode: 'zero', known: {} } as const
    const curves = {
      ...zero,
      kind: 'curves',
      modules: ['layer4'],
      orders: ablationOrders,
      draws: 2,
      points: 3,
    } as const
    const requests: readonly TableMeasurement[] = [
      curves,
      { ...zero, kind: 'effects', units: { modules: ['layer4'], sample: 8 } },
      { kind: 'linearity', checkpoints },
      { kind: 'indices', checkpoints, indices: ['selectivity', 'precision'] },
    ]
    const { signal } = new AbortController()
    const { gpu } = await openHostGpu()
    await using run = await openForMeasuring(files, all, {}, { gpu, signal })
    for (const request of requests) {
      const found = new Map<keyof typeof tables, Table>()
      for await (const { table: name, cells } of measure(run, request)) {
        const own = found.get(name) ?? createTable(tables[name])
        own.put(cells)
        found.set(name, own)
      }
      const [[name, measured]] = found
      const written = new Set(table(tables[name].file).map((row) => JSON.stringify({ ...row })))
      expect(measured.rows().filter((row) => !written.has(JSON.stringify(row)))).toEqual([])
    }
  })

  it('opens images and runs graphs according to a plan’s flags', async () => {
    const files = readRun({ run: join(home, 'run') })
    const checkpoints = checkpointsOf(files)
    const opened: ImageOptions[] = []
    const { gpu } = await openHostGpu()
    await using run = await openForMeasuring(
      files,
      checkpoints,
      {},
      {
        gpu,
        signal: new AbortController().signal,
        cache: false,
        check: 'none',
        eager: true,
        openImages: (source, split, options) => {
          opened.push(options)
          return openImages(source, split, options)
        },
      },
    )
    expect(opened).toMatchObject([{ cache: false, check: 'none' }])
    const graphs = await withNetwork(run, checkpoints[0], async (network) => {
      await evaluate(network, run.heldOut.batches())
      return network.executor.reports()
    })
    expect(graphs).toMatchObject([{ name: 'evaluation', compiled: false }])
  })
})
