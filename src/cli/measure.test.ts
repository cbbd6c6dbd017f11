import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ablate, parseUnits } from './ablate.ts'
import { UsageError } from './arguments.ts'
import { indices } from './indices.ts'
import { linearity } from './linearity.ts'
import { checkpointsOf } from './run-files.ts'
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
