import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { parseConfig } from '../config/config.ts'
import { classMetadata } from '../model/classifier-rows.ts'
import { type TensorFile, writeSafetensors } from '../model/safetensors.ts'
import type { InitialRecord } from '../protocol/environment.ts'
import { renamed, smallModel, stateOf } from '../testing/weights.ts'
import { UsageError } from './arguments.ts'
import { fitInitial, type InitialValues, initialBeside, planWarnings, readInitial, repeatWarnings } from './initial.ts'

const home = mkdtempSync(join(tmpdir(), 'lab-initial-'))
afterAll(() => rmSync(home, { recursive: true }))

const config = parseConfig({ model: { ...smallModel, blocks: [...smallModel.blocks] } })
const state = stateOf({ ...smallModel, classes: 3 })
const classesOf = (ids: readonly string[]) => ids.map((id) => ({ id, name: id }))

function fileOf(name: string, tensors: TensorFile['tensors'], metadata: TensorFile['metadata'] = {}): string {
  const path = join(home, name)
  writeFileSync(path, writeSafetensors({ tensors, metadata }))
  return path
}

const read = (values: InitialValues) => {
  const initial = readInitial(values, config)
  if (!initial) throw new Error('nothing was read')
  return initial
}

describe('--init', () => {
  it('refuses a file that does not fit the model before the images are read, whatever its classifier', () => {
    const wide = fileOf('wide.safetensors', stateOf({ ...smallModel, width: 8, classes: 3 }))
    expect(() => read({ init: wide })).toThrow(UsageError)
    expect(() => read({ init: wide })).toThrow(
      `cannot use the initial weights of ${wide}: wrong shape of conv1.weight: [8,3,3,3] in the file, [4,3,3,3] in this model`,
    )
    const many = fileOf('many.safetensors', stateOf({ ...smallModel, classes: 1000 }))
    expect(() => fitInitial(read({ init: many }), config, classesOf(['a', 'b', 'c']))).toThrow(
      /wrong shape of fc\.weight: \[1000,32\] in the file, \[3,32\] .*add --init-without fc$/,
    )
  })

  it('takes a prefix and a list of parts that begin fresh', () => {
    const ema = renamed(state, (name) => `ema.${name}`)
    const two = fileOf('two.safetensors', new Map([...renamed(state, (name) => `model.${name}`), ...ema]))
    expect(() => read({ init: two })).toThrow(
      /\(model\., ema\.\); choose one by its prefix, as in --init-prefix model\./,
    )
    const initial = read({ init: two, 'init-prefix': 'ema.', 'init-without': 'fc, layer4' })
    const { record } = fitInitial(initial, config, classesOf(['x', 'y']))
    expect(record).toMatchObject({ file: 'two.safetensors', prefix: 'ema.', classes: 'fresh', dtypes: ['F32'] })
    expect(record.fresh.every((name) => /^(fc|layer4)\./.test(name))).toBe(true)
    expect(record.sha256).toMatch(/^[0-9a-f]{64}$/)
    for (const name of ['init-prefix', 'init-without'] as const)
      expect(() => readInitial({ [name]: 'fc' }, config)).toThrow(`--${name} does not go without --init`)
    expect(readInitial({}, config)).toBeUndefined()
  })

  it('records that rows of the classifier were remapped', () => {
    const init = fileOf('other-order.safetensors', state, classMetadata(classesOf(['c', 'b', 'a']), 'numeric'))
    const { record, weights } = fitInitial(read({ init }), config, classesOf(['a', 'b', 'c']))
    expect(record.classes).toBe('remapped')
    const bias = state.get('fc.bias')?.data as Float32Array
    expect(weights.values.get('fc.bias')).toEqual(Float32Array.of(bias[2], bias[1], bias[0]))
    expect(weights.warnings).toHaveLength(1)
  })
})

describe('a repeated run', () => {
  it('is recognized by the record beside its configuration, also for a plan', () => {
    const initial = { file: 'w.safetensors', sha256: 'a'.repeat(64) }
    writeFileSync(join(home, 'environment.json'), JSON.stringify({ initial }))
    for (const name of ['config.json', 'mine.json']) writeFileSync(join(home, name), '{}')
    expect(initialBeside(join(home, 'config.json'))).toEqual(initial)
    expect(planWarnings(join(home, 'config.json'))[0]).toMatch(
      /began with the weights of w\.safetensors .*plan’s runs do not/,
    )
    expect(initialBeside(join(home, 'mine.json'))).toBeUndefined()
    expect(planWarnings(undefined)).toEqual([])
  })

  const init = fileOf('again.safetensors', state)
  const recorded = (sha256: string): InitialRecord => ({
    file: 'again.safetensors',
    sha256,
    prefix: '',
    dtypes: ['F32'],
    fresh: [],
    classes: 'same',
  })

  it('needs the recorded weights, or says that it begins with others', () => {
    const initial = read({ init })
    expect(repeatWarnings(recorded(initial.sha256), initial, true)).toEqual([])
    expect(repeatWarnings(undefined, initial, false)).toEqual([])
    expect(repeatWarnings(undefined, undefined, true)).toEqual([])
    expect(repeatWarnings(undefined, initial, true)[0]).toMatch(/recorded run began with random weights/)
    expect(repeatWarnings(recorded('0'.repeat(64)), initial, true)[0]).toMatch(
      /again\.safetensors \(SHA-256 0{12}…\), and .* has other bytes/,
    )
    expect(repeatWarnings(recorded('0'.repeat(64)), undefined, false)[0]).toMatch(
      /begins with random weights; add --init/,
    )
    expect(() => repeatWarnings(recorded('0'.repeat(64)), undefined, true)).toThrow(/add --init with this file/)
  })
})
