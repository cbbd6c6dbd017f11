import { describe, expect, it } from 'vitest'
import { asType, renamed, smallModel, stateOf } from '../testing/weights.ts'
import { classMetadata } from './classifier-rows.ts'
import { type FitOptions, fitWeights, WeightsError } from './fit.ts'
import { architectureOf, type ModelSpec } from './resnet.ts'
import { parseSafetensors, type StoredTensor, type TensorFile, writeSafetensors } from './safetensors.ts'

const model: ModelSpec = { ...smallModel, classes: 3 }
const net = architectureOf(model)
const state = stateOf(model)
const classes = ['a', 'b', 'c'].map((id) => ({ id, name: id.toUpperCase() }))

/** Written and read again, so that the file is a real one. */
const fileOf = (tensors: TensorFile['tensors'], metadata: TensorFile['metadata'] = {}) =>
  parseSafetensors(writeSafetensors({ tensors, metadata }))
const fitted = (tensors: TensorFile['tensors'], options: FitOptions = {}, metadata: TensorFile['metadata'] = {}) =>
  fitWeights(net, fileOf(tensors, metadata), options)
const dataOf = (name: string) => state.get(name)?.data as Float32Array
const withTensor = (name: string, tensor: StoredTensor) => new Map([...state, [name, tensor]])
const floats = (values: readonly number[], shape = [values.length]): StoredTensor => ({
  dtype: 'F32',
  shape,
  data: Float32Array.from(values),
})

const expectState = (values: ReadonlyMap<string, Float32Array>) => {
  expect([...values.keys()]).toEqual([...state.keys()])
  for (const [name, { data }] of state) expect(values.get(name), name).toEqual(data)
}

describe('numbers of weights', () => {
  it.each(['F16', 'BF16', 'F64'] as const)('of type %s are widened to the same values', (dtype) => {
    const { values, record, notes } = fitted(new Map([...state].map(([name, t]) => [name, asType(t, dtype)])))
    expectState(values)
    expect(record.dtypes).toEqual([dtype])
    expect(notes.join()).toContain(`(${dtype}) become 32-bit floats`)
  })

  it('may have several types, and only those of the model are widened', () => {
    const mixed = new Map([
      ...[...state].map(([name, t], i) => [name, i % 2 ? t : asType(t, 'F16')] as const),
      ['optimizer.fp8', { dtype: 'F8_E4M3', shape: [2], data: Uint8Array.of(1, 2) } as StoredTensor] as const,
      ['optimizer.nan', floats([Number.NaN])] as const,
    ])
    const { values, record, notes } = fitted(mixed)
    expectState(values)
    expect(record.dtypes).toEqual(['F16', 'F32'])
    expect(notes.join()).toContain('2 tensors are not used, for example optimizer.fp8')
  })

  it.each([
    ['fp8', { dtype: 'F8_E5M2', shape: [3], data: Uint8Array.of(1, 2, 3) }, /fc\.bias: F8_E5M2 \(expected F32, F16/],
    ['integers', { dtype: 'I32', shape: [3], data: Int32Array.of(1, 2, 3) }, /wrong type of fc\.bias: I32/],
    ['NaN', floats([0, Number.NaN, 0]), /fc\.bias has the value NaN, which is not finite/],
    ['infinity', floats([0, 0, -1 / 0]), /fc\.bias has the value -Infinity, which is not finite/],
    [
      'doubles that are too large',
      { dtype: 'F64', shape: [3], data: new Uint8Array(Float64Array.of(0, -1e300, 0).buffer) },
      /fc\.bias has the value -1e\+300, which is beyond the range of 32-bit floats/,
    ],
    [
      'infinite halves',
      { dtype: 'F16', shape: [3], data: new Uint8Array(Uint16Array.of(0, 0x7c00, 0).buffer) },
      /fc\.bias has the value Infinity/,
    ],
  ] satisfies [string, StoredTensor, RegExp][])('are refused where the tensor has %s', (_, tensor, message) => {
    expect(() => fitted(withTensor('fc.bias', tensor))).toThrow(message)
  })

  it('are refused where a variance is negative', () => {
    const variance = floats([0, 1, -0.5, 1])
    const message = 'layer1.0.bn1.running_var has the value -0.5, and a variance is never negative'
    expect(() => fitted(withTensor('layer1.0.bn1.running_var', variance))).toThrow(message)
    expect(() => fitted(withTensor('layer1.0.bn1.running_var', asType(variance, 'F16')))).toThrow(message)
  })
})

describe('a common prefix of the names', () => {
  it.each(['module.', 'backbone.', 'model.', 'model.module.', 'encoder.', '_orig_mod.', 'net/', 'layer1.0.conv1.'])(
    '%s is found and said',
    (prefix) => {
      const { values, record, notes } = fitted(renamed(state, (name) => prefix + name))
      expectState(values)
      expect(record.prefix).toBe(prefix)
      expect(notes[0]).toBe(`The names of the weights begin with ${prefix}, which is left out.`)
    },
  )

  it('must be chosen where several parts fit', () => {
    const ema = renamed(stateOf(model, 2), (name) => `ema.${name}`)
    const both = new Map([...renamed(state, (name) => `model.${name}`), ...ema])
    expect(() => fitted(both)).toThrow(/several parts of the file have such weights \(model\., ema\.\); choose one/)
    expectState(fitted(both, { prefix: 'model.' }).values)
    expect(fitted(both, { prefix: 'ema.' }).values.get('fc.bias')).toEqual(ema.get('ema.fc.bias')?.data)
    expect(() => fitted(new Map([...state, ...ema]))).toThrow(/\(no prefix, ema\.\)/)
    expectState(fitted(new Map([...state, ...ema]), { prefix: '' }).values)
    expect(() => fitted(both, { prefix: 'student.' })).toThrow(
      /no tensor begins with student\. \(weights have model\., ema\.\)/,
    )
    expect(() => fitted(both, { prefix: 'ema' })).toThrow(
      /no weights of a network begin with ema \(weights have model\., ema\.\)/,
    )
  })

  it('counts the batch norm updates behind it', () => {
    const count: StoredTensor = { dtype: 'I64', shape: [], data: BigInt64Array.of(70n) }
    const named = renamed(withTensor('bn1.num_batches_tracked', count), (name) => `module.${name}`)
    expect(fitted(named).batchNormUpdates).toBe(70)
  })

  it.each([
    ['none', [0], []],
    ['a negative one', [], [-7n]],
    ['one that is too large', [], [2n ** 62n]],
  ])('begins at 0 where the file has %s as their count', (_, shape, values) => {
    const count: StoredTensor = { dtype: 'I64', shape, data: BigInt64Array.from(values) }
    expect(fitted(withTensor('bn1.num_batches_tracked', count)).batchNormUpdates).toBe(0)
  })
})

describe('weights that begin fresh', () => {
  it('are those with the given beginnings, whatever the file has for them', () => {
    const wide = withTensor('fc.weight', floats([1, 2], [1, 2]))
    const { values, record, notes } = fitted(wide, { without: ['fc'], classes })
    expect(values.has('fc.weight')).toBe(false)
    expect(values.size).toBe(state.size - 2)
    expect(record).toMatchObject({ fresh: ['fc.weight', 'fc.bias'], classes: 'fresh' })
    expect(notes.join()).toContain('Fresh from the seed: fc.weight, fc.bias.')
    const headless = new Map([...state].filter(([name]) => !name.startsWith('fc.')))
    expect(fitted(headless, { without: ['fc'] }).values.size).toBe(state.size - 2)
    const other = new Map([...headless, ['fc.0.weight', floats([1])]])
    expect(fitted(other, { without: ['fc'] }).values.size).toBe(state.size - 2)
    const parts = fitted(state, { without: ['layer4.0', 'bn1.'] })
    expect([...parts.values.keys()].some((name) => /^layer4\.0\.|^bn1\./.test(name))).toBe(false)
    expect(parts.values.has('layer3.0.bn1.weight')).toBe(true)
  })

  it('must be weights of the model', () => {
    expect(() => fitted(state, { without: ['head'] })).toThrow(/this model has no weights head \(have conv1/)
  })
})

describe('weights that do not fit', () => {
  it('are named with both shapes, the number of others, and what the file looks like', () => {
    const larger = stateOf({ blocks: [2, 1, 1, 1], width: 4, block: 'bottleneck', stem: 'imagenet', classes: 10 })
    expect(() => fitted(larger)).toThrow(
      /^wrong shape of conv1\.weight: \[4,3,7,7\] in the file, \[4,3,3,3\] in this model; \d+ more tensors do not fit\. The file looks like bottleneck blocks 2,1,1,1, width 4, imagenet stem, 10 classes$/,
    )
    const deeper = stateOf({ ...model, blocks: [1, 2, 1, 1] })
    expect(() => fitted(deeper)).toThrow(
      /unknown tensor: layer2\.1\.conv1\.weight .*; 9 more tensors do not fit\. The file looks like basic blocks 1,2,1,1/,
    )
    const partial = new Map([...state].filter(([name]) => name !== 'layer4.0.bn2.bias'))
    expect(() => fitted(partial)).toThrow(/^missing tensor: layer4\.0\.bn2\.bias$/)
    expect(() => fitted(new Map())).toThrow(/^missing tensor: conv1\.weight; \d+ more/)
  })

  it('say whether a fresh classifier would do', () => {
    const choiceOf = (work: () => unknown) => {
      try {
        return work()
      } catch (error) {
        return (error as WeightsError).choice
      }
    }
    const other = stateOf({ ...model, classes: 1000 })
    expect(() => fitted(other)).toThrow(
      /^wrong shape of fc\.weight: \[1000,32\] in the file, \[3,32\] in this model; one more tensor does not fit$/,
    )
    expect(choiceOf(() => fitted(other))).toBe('classifier')
    expect(choiceOf(() => fitted(stateOf({ ...model, width: 8 })))).toBe(null)
    expect(fitted(other, { without: ['fc'] }).values.size).toBe(state.size - 2)
  })
})

describe('rows of the classifier', () => {
  const stored = (ids: readonly string[]) =>
    classMetadata(
      ids.map((id) => ({ id, name: id })),
      'name',
    )
  const rowsOf = (name: string, order: readonly number[]) => {
    const data = dataOf(name)
    const length = data.length / 3
    return Float32Array.from(order.flatMap((row) => [...data.subarray(row * length, (row + 1) * length)]))
  }

  it('stay as they are where the classes have the same order', () => {
    const { values, record, warnings } = fitted(state, { classes }, stored(['a', 'b', 'c']))
    expectState(values)
    expect([record.classes, warnings]).toEqual(['same', []])
  })

  it.each([
    [
      ['c', 'a', 'b'],
      [1, 2, 0],
    ],
    [
      ['b', 'a', 'c'],
      [1, 0, 2],
    ],
    [
      ['c', 'b', 'a'],
      [2, 1, 0],
    ],
  ])('go from the order %j to that of the model', (ids, order) => {
    const { values, record, warnings } = fitted(state, { classes }, stored(ids))
    expect(values.get('fc.weight')).toEqual(rowsOf('fc.weight', order))
    expect(values.get('fc.bias')).toEqual(rowsOf('fc.bias', order))
    expect(values.get('conv1.weight')).toEqual(dataOf('conv1.weight'))
    expect(record.classes).toBe('remapped')
    expect(warnings[0]).toContain(`class 0 is a here and ${ids[0]} in the file`)
  })

  it('of other classes are refused with the first differences', () => {
    expect(() => fitted(state, { classes }, stored(['a', 'b', 'x']))).toThrow(
      /the file is for other classes \(it lacks c; it has x besides\)/,
    )
    const four = stateOf({ ...model, classes: 4 })
    expect(() => fitted(four, { classes }, stored(['a', 'b', 'c', 'd']))).toThrow(
      /wrong shape of fc\.weight.*it has d besides/,
    )
    expect(() => fitted(state, { classes }, stored(['a', 'b', 'b']))).toThrow(/other classes \(it lacks c\)/)
    expect(fitted(state, { classes, without: ['fc'] }, stored(['x', 'y'])).record.classes).toBe('fresh')
  })

  it.each([
    ['no list', {}],
    ['a list that is no JSON', { classes: 'a,b,c' }],
    ['a list of numbers', { classes: '[1,2,3]' }],
  ])('of a file with %s are used as they are, with a warning', (_, metadata: TensorFile['metadata']) => {
    const { values, record, warnings } = fitted(state, { classes }, metadata)
    expectState(values)
    expect(record.classes).toBe('unknown')
    expect(warnings[0]).toMatch(/does not say which classes the rows of its classifier stand for/)
  })

  it('never stop at an error that is not about weights', () => {
    for (const tensors of [new Map([['', floats([1])]]), new Map([['conv1.weight', floats([1], [])]])])
      expect(() => fitted(tensors, { classes })).toThrow(WeightsError)
  })
})
