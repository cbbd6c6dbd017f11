import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { parseConfig } from '../config/config.ts'
import { presetNamed } from '../config/presets.ts'
import { defaultUnits, nothingMeasured } from '../experiments/plan.ts'
import { isUsage } from './arguments.ts'
import { claims } from './claims.ts'
import { compare } from './compare.ts'
import { pack } from './pack.ts'
import { plan } from './plan.ts'
import { planOf } from './plan-flags.ts'
import { missingEpochs } from './plan-host.ts'
import { work } from './work.ts'

const home = mkdtempSync(join(tmpdir(), 'lab-plans-'))
afterAll(() => rmSync(home, { recursive: true }))

const file = join(home, 'plan.json')
writeFileSync(file, JSON.stringify({ name: 'own', base: { train: { epochs: 3 } }, arms: [{ name: 'a' }], seeds: [4] }))

describe('the checkpoints that a plan measures', () => {
  const config = parseConfig({ train: { epochs: 5 }, checkpoint: { everyEpochs: 2 } })

  it('are reported as missing where a run has none', () => {
    expect(missingEpochs(config, nothingMeasured, [{ epoch: 0 }, { epoch: 4 }])).toEqual([2, 5])
    expect(missingEpochs(config, { ...nothingMeasured, epochs: [4, 5] }, [{ epoch: 5 }])).toEqual([4])
  })
})

describe('the flags of a plan', () => {
  it('change a ready-made plan', () => {
    const made = planOf('early-or-late', {
      epochs: '8',
      late: '3',
      alpha: '-2',
      seeds: '1, 2',
      arms: 'from-3,drawn-1',
      set: ['data.source=images', 'train.batchSize=32', 'train.microBatchSize=32'],
      windows: ['[{"fromEpoch": 0, "toEpoch": 1, "alpha": 1}]'],
    })
    expect(made.seeds).toEqual([1, 2])
    expect(made.arms.map(({ changes }) => changes['regularizer.schedule'])).toEqual([
      [{ fromEpoch: 3, toEpoch: 8, alpha: -2 }],
      [{ fromEpoch: 0, toEpoch: 1, alpha: 1 }],
    ])
    expect(made.base).toEqual({
      data: { source: 'images' },
      train: { epochs: 8, batchSize: 32, microBatchSize: 32 },
    })
  })

  it('choose a layout for the folders of the dataset', () => {
    expect(planOf('early-or-late', { layout: 'deepest' }).base).toMatchObject({ data: { layout: 'deepest' } })
    expect(() => planOf('early-or-late', { layout: 'flat' })).toThrow(
      /invalid data\.layout: "flat"; it must be one of auto/,
    )
  })

  it('change seeds, epochs and measurements of a plan file, and start from a preset', () => {
    expect(planOf(file, { seeds: '7,8', epochs: '5' })).toMatchObject({ seeds: [7, 8], base: { train: { epochs: 5 } } })
    expect(planOf(file, { measure: 'units,linearity', 'measure-epochs': '1,3' }).measure).toEqual({
      epochs: [1, 3],
      ablation: null,
      units: defaultUnits,
      linearity: true,
    })
    expect(planOf('linearity-over-training', { measure: 'none' }).measure).toEqual(nothingMeasured)
    expect(planOf('rise-and-recede', { preset: 'small', epochs: '4' }).base.model).toMatchObject({ width: 8 })
  })
})

describe('a plan on a preset', () => {
  const arms = [
    { name: 'none', changes: { 'regularizer.schedule': [] } },
    { name: 'from-0', changes: { 'regularizer.schedule': [{ fromEpoch: 0, toEpoch: 15, alpha: -0.5 }] } },
    { name: 'from-5', changes: { 'regularizer.schedule': [{ fromEpoch: 5, toEpoch: 15, alpha: -0.5 }] } },
  ]

  it.each(['cifar10', '100'])('has its strength, its late epoch and its seeds (%s)', (which) => {
    const named = planOf(`early-or-late-${which}`, {})
    expect(named).toMatchObject({ arms, seeds: [1, 2, 3], base: presetNamed(`rise-and-recede-${which}`)?.config ?? {} })
    const { name: _, ...rest } = planOf('early-or-late', { preset: `rise-and-recede-${which}` })
    expect(named).toMatchObject(rest)
  })

  it('takes other parameters, and measures as little as is asked for', () => {
    const made = planOf('early-or-late-100', {
      ...{ alpha: '-1', late: '3', seeds: '7', set: ['data.source=x.zip'] },
      ...{ measure: 'ablation,units', 'measure-epochs': '0,1,15', draws: '2', points: '6', sample: '9' },
    })
    expect(made.arms[2]).toEqual({
      name: 'from-3',
      changes: { 'regularizer.schedule': [{ fromEpoch: 3, toEpoch: 15, alpha: -1 }] },
    })
    expect([made.seeds, made.base.data?.source]).toEqual([[7], 'x.zip'])
    expect(made.measure).toEqual({
      epochs: [0, 1, 15],
      ablation: { modules: null, draws: 2, points: 6 },
      units: { modules: null, sample: 9 },
      linearity: false,
    })
  })
})

describe('invalid arguments', () => {
  it.each([
    [plan, [], /missing argument/],
    [plan, ['dance'], /unknown plan: dance \(a file, or one of rise-and-recede, ablation-over-training/],
    [plan, ['rise-and-recede'], /missing --out/],
    [plan, ['rise-and-recede', '--alpha', '-2'], /--alpha does not go with rise-and-recede/],
    [plan, ['rise-and-recede', '--alpha=-2'], /--alpha does not go with rise-and-recede/],
    [plan, ['early-or-late', '--late', '20'], /invalid --late: 20 \(above 0 and below the 20 epochs\)/],
    [plan, ['early-or-late', '--strengths', '-2,-1'], /--strengths does not go with early-or-late/],
    [plan, ['early-or-late', '--alpha=strong'], /invalid --alpha: strong \(a number\)/],
    [plan, ['early-or-late', '--alpha=-200'], /arm from-0: invalid regularizer\.schedule/],
    [plan, ['early-or-late', '--windows', '[1]'], /invalid regularizer\.schedule/],
    [plan, ['early-or-late', '--arms', 'middle'], /unknown arm: middle \(have none, from-0, from-5\)/],
    [plan, ['early-or-late', '--seeds', '1,1'], /invalid seed: 1; it must be in the list only once/],
    [plan, ['early-or-late', '--seeds', '1,x'], /invalid --seeds: x \(a number\)/],
    [plan, ['early-or-late', '--set', 'train.epochs=2'], /use --epochs N/],
    [plan, ['early-or-late', '--set', 'seed=2'], /use --seeds LIST/],
    [plan, ['early-or-late', '--set', 'regularizer.schedule=[]'], /does nothing in arm none/],
    [plan, ['early-or-late', '--set', 'epochs=2'], /unknown configuration key: epochs/],
    [plan, ['early-or-late-100', '--preset', 'small'], /--preset does not go with early-or-late-100, which has/],
    [plan, ['early-or-late', '--draws', '2'], /--draws does nothing without --measure ablation/],
    [plan, ['ablation-over-training', '--points', '1'], /invalid --points: 1 \(a whole number from 2\)/],
    [plan, ['early-or-late', '--preset', 'small', '--config', 'x'], /--preset does not go with --config/],
    [plan, ['early-or-late', '--measure', 'all'], /unknown measure: all \(have ablation, units, linearity\)/],
    [plan, ['early-or-late', '--measure-epochs', '1,21'], /invalid measured epoch: 21; .* every epoch up to 20/],
    [plan, [file, '--late', '3'], /--late does not go with a plan file/],
    [plan, [file, '--runs', 'x', '--out', 'y'], /--runs goes only with --queue/],
    [plan, [file, '--queue', 'redis://h', '--estimate'], /--estimate does not go with --queue/],
    [
      plan,
      [file, '--queue', 'redis://h', '--eager', '--out', 'y'],
      /--eager does not go with --queue: give it to the command work/,
    ],
    [plan, [file, '--queue', 'redis://h', '--gpu', '1', '--out', 'y'], /--gpu does not go with --queue: give it to/],
    [plan, [file, '--queue', 'redis://h'], /missing --out/],
    [work, ['--data', 'cifar10'], /missing --queue/],
    [work, ['--queue', 'redis://h'], /missing --data/],
    [work, ['--queue', 'redis://h', '--data', 'nowhere'], /no such data source: .*nowhere/],
    [work, ['--queue', 'redis://h', '--data', 'cifar10', '--slots', '0'], /invalid --slots: 0/],
    [work, ['--queue', 'redis://h', '--data', 'cifar10', '--gpu', 'first'], /invalid --gpu: first \(a whole number/],
    [work, ['--queue', 'http://:pw@h', '--data', 'cifar10'], /^invalid address of the queue: it must be redis:/],
    [
      work,
      ['--queue', 'redis://:pw@127.0.0.1:1', '--data', 'cifar10'],
      /^cannot reach Redis at redis:\/\/127\.0\.0\.1:1 /,
    ],
    [compare, [], /missing argument: a run folder, a folder of runs, or a zip of runs/],
    [compare, ['nowhere'], /no such folder or zip: nowhere/],
    [compare, [home], /no runs in/],
    [compare, [home, '--band', 'wide'], /unknown band: wide \(have none, range, deviation, interval\)/],
    [claims, [home], /no runs in/],
    [pack, [home], /missing --out/],
    [pack, [home, '--out', 'x.zip'], /no runs in/],
  ] as const)('are reported (%#)', async (command, args, message) => {
    const error = await command([...args]).then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    expect(error).toBeInstanceOf(Error)
    expect(error instanceof Error && error.message).toMatch(message)
    expect(isUsage(error)).toBe(true)
  })
})
