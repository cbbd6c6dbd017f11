import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tables } from '../runs/tables.ts'
import { ablate, parseUnits } from './ablate.ts'
import { UsageError } from './arguments.ts'
import { indices } from './indices.ts'
import { linearity } from './linearity.ts'
import { lockFolder } from './lock.ts'
import { checkpointsOf, chosenCheckpoints, readRun } from './run-description.ts'
import { isMeasured, openRunTable, readRunTable, rowsWith } from './run-table.ts'
import { unit } from './unit.ts'

const run = mkdtempSync(join(tmpdir(), 'lab-arguments-'))
afterAll(() => rmSync(run, { recursive: true }))

/** The folder of a small network's run without checkpoints. */
beforeAll(() => {
  const write = (file: string, value: unknown) => writeFileSync(join(run, file), JSON.stringify(value))
  write('config.json', { model: { blocks: [1, 1, 1, 1], width: 8 } })
  write('environment.json', { data: { classes: [{ id: 'cat' }, { id: 'dog' }] } })
})

const commands = { ablate, linearity, indices, unit }

describe('units to ablate', () => {
  it('are written by site', () => {
    const units = parseUnits('layer2.0:0,3,5; layer4.0:1;layer2.0:7')
    expect(Object.fromEntries(units)).toEqual({ 'layer2.0': [0, 3, 5, 7], 'layer4.0': [1] })
  })
})

describe('the checkpoints of a run', () => {
  it('are in the order of their epochs', () => {
    const folder = join(run, 'long')
    mkdirSync(join(folder, 'checkpoints'), { recursive: true })
    for (const name of ['epoch-0002', 'epoch-9999', 'epoch-10000', 'step-00000007', 'epoch-0000']) {
      writeFileSync(join(folder, 'checkpoints', `${name}.safetensors`), '')
    }
    expect(checkpointsOf({ folder }).map(({ epoch }) => epoch)).toEqual([0, 2, 9999, 10000])
  })
})

describe('the checkpoint of --checkpoint', () => {
  const folder = join(run, 'own')
  const other = join(run, 'other')
  const named = (path: string) => chosenCheckpoints({ ...readRun({ run }), folder }, { checkpoint: path })[0]

  beforeAll(() => {
    for (const each of [folder, other]) {
      mkdirSync(join(each, 'checkpoints'), { recursive: true })
      writeFileSync(join(each, 'checkpoints', 'epoch-0003.safetensors'), '')
    }
    symlinkSync(folder, join(run, 'link'))
  })

  it.each([
    ['its path', () => join(folder, 'checkpoints', 'epoch-0003.safetensors')],
    ['another way to it', () => join(folder, 'checkpoints', '..', 'checkpoints', 'epoch-0003.safetensors')],
    ['a link', () => join(run, 'link', 'checkpoints', 'epoch-0003.safetensors')],
  ])('of the run has its file’s name and epoch (%s)', (_, path) => {
    expect(named(path())).toEqual({ path: path(), file: 'epoch-0003.safetensors', epoch: 3 })
  })

  it.each([
    ['another run', () => join(other, 'checkpoints', 'epoch-0003.safetensors')],
    ['a copy in the run folder', () => join(folder, 'epoch-0003.safetensors')],
    ['a file that is not there', () => join(run, 'nowhere', 'epoch-0003.safetensors')],
  ])('elsewhere has its path as its name, and no epoch (%s)', (_, path) => {
    expect(named(path())).toMatchObject({ file: path(), epoch: Number.NaN })
  })
})

describe('a table', () => {
  const cells = {
    checkpoint: 'e',
    data: 'd',
    module: 'm',
    site: 's',
    unit: 1,
    index: 'ccmas',
    epoch: 1,
    value: 2,
    floor: 0,
  }

  it('has one writer at a time, and any number of readers', () => {
    const folder = join(run, 'tables')
    mkdirSync(folder)
    {
      using table = openRunTable(folder, tables.indices)
      table.put(cells)
      table.save()
      expect(() => openRunTable(folder, tables.indices)).toThrow(
        /indices\.csv is in use by process \d+ on .*; wait for its end, or stop it/,
      )
      expect(readRunTable(folder, tables.indices).rows()).toHaveLength(1)
      openRunTable(folder, tables.linearity)[Symbol.dispose]()
    }
    writeFileSync(join(folder, 'indices.csv.part'), 'half a ta')
    openRunTable(folder, tables.indices)[Symbol.dispose]()
    expect(readdirSync(folder)).toEqual(['indices.csv'])
  })

  it('can be written while the run trains', () => {
    const folder = join(run, 'training')
    using _run = lockFolder(folder)
    using table = openRunTable(folder, tables.indices)
    table.put(cells)
  })

  it.each([
    ['its own images', { identity: 'a' }, [true, true]],
    ['others', { identity: 'b' }, [false, false]],
  ])('knows rows on %s', (_, { identity }, known) => {
    const folder = join(run, `rows-${identity}`)
    mkdirSync(folder)
    using table = openRunTable(folder, tables.indices)
    const on = { identity, own: { source: 'd', identity: 'a' } }
    table.put({ ...cells, fingerprint: '' })
    table.put({ ...cells, unit: 2, fingerprint: 'a' })
    const found = [1, 2].map((unit) => isMeasured(table, on, { ...cells, unit, fingerprint: identity }))
    expect(found).toEqual(known)
    expect(rowsWith(table, on, { checkpoint: 'e', data: 'd' })).toHaveLength(known.filter(Boolean).length)
  })
})

describe('a folder without a run', () => {
  it.each([
    ['without a configuration', {}, 'is not a run folder: it has no config.json'],
    ['without an environment', { config: '{}' }, 'cannot read the environment'],
    ['with an empty environment', { config: '{}', environment: 'null' }, 'no classes in'],
    ['with a damaged environment', { config: '{}', environment: '{"data": {"classes": 3}}' }, 'no classes in'],
    ['with a class without id', { config: '{}', environment: '{"data": {"classes": [null]}}' }, 'no classes in'],
    [
      'with kernels of another form',
      { config: '{}', environment: '{"data": {"classes": []}, "kernels": 3}' },
      'kernels is not an object',
    ],
  ])('is refused %s', (name, files: Readonly<Record<string, string>>, message) => {
    const folder = join(run, name)
    mkdirSync(folder)
    for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, `${file}.json`), text)
    expect(() => readRun({ run: folder })).toThrow(UsageError)
    expect(() => readRun({ run: folder })).toThrow(message)
  })
})

describe('invalid arguments', () => {
  it.each([
    ['ablate', [], 'ablate needs one of --units LIST, --curves and --single'],
    ['ablate', ['--curves', '--single'], 'ablate needs one of'],
    ['ablate', ['--units', 'layer5.0:1'], 'unknown site: layer5.0 (have layer1.0 … layer4.0)'],
    ['ablate', ['--units', 'layer1.0:32'], 'unknown unit: layer1.0:32 (layer1.0 has units 0 … 31)'],
    ['ablate', ['--units', 'layer1.0'], 'invalid --units: layer1.0 (for instance'],
    ['ablate', ['--units', ''], 'invalid --units: it names no unit'],
    ['ablate', ['--units', 'layer1.0:1', '--mode', 'half'], 'unknown mode: half (have zero, mean)'],
    ['ablate', ['--units', 'layer1.0:1', '--all-checkpoints'], '--all-checkpoints does not go with --units'],
    ['ablate', ['--units', 'layer1.0:1', '--epochs', '1,2'], '--epochs does not go with --units'],
    ['ablate', ['--units', 'layer1.0:1'], 'no checkpoints in'],
    ['ablate', ['--curves', '--module', 'layer9'], 'unknown module: layer9 (have layer1, layer2, layer3, layer4)'],
    ['ablate', ['--curves', '--order', 'best'], 'unknown order: best (have selective, random, least)'],
    ['ablate', ['--curves', '--points', '1'], 'invalid --points: 1 (a whole number from 2)'],
    ['ablate', ['--single', '--sample', 'few'], 'invalid --sample: few (a whole number from 1)'],
    ['indices', ['--index', 'si'], 'unknown index: si (have selectivity, ccmas, dprime, precision)'],
    ['unit', [], 'missing --unit'],
    ['unit', ['--unit', 'layer1.0:1,2'], 'invalid --unit: layer1.0:1,2 (one unit'],
    ['linearity', ['--checkpoint', 'x', '--all-checkpoints'], '--checkpoint does not go with --all-checkpoints'],
    ['linearity', ['--epochs', '1', '--all-checkpoints'], '--all-checkpoints does not go with --epochs'],
    ['linearity', ['--pairs', 'random'], 'unknown pairs: random (have seeded, data-order)'],
    ['linearity', ['--fast'], "Unknown option '--fast'"],
  ] as const)('are refused by %s %j', async (command, args, message) => {
    const refused = commands[command](['--run', run, ...args])
    await expect(refused).rejects.toThrow(UsageError)
    await expect(refused).rejects.toThrow(message)
  })
})
