import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ConfigError, defaultConfig, fieldEntries, getField, parseConfig, setField, setFieldText } from './config.ts'
import { presets } from './presets.ts'

describe('the configuration', () => {
  it('has the contract’s keys and defaults', () => {
    const config = defaultConfig()
    expect(Object.keys(config)).toEqual([
      'name',
      'seed',
      'data',
      'model',
      'optimizer',
      'train',
      'regularizer',
      'probe',
      'checkpoint',
    ])
    expect(config.model).toEqual({ blocks: [3, 4, 6, 3], width: 64, block: 'bottleneck', stem: 'imagenet' })
    expect(config.optimizer).toMatchObject({
      learningRate: 0.1,
      momentum: 0.9,
      weightDecay: 0.0001,
      schedule: 'constant',
    })
    const train = {
      epochs: 20,
      batchSize: 256,
      microBatchSize: 256,
      recompute: false,
      memoryBudget: null,
      activations: 'f32',
    }
    expect(config.train).toEqual(train)
    expect(config.regularizer.modules).toEqual(['layer1', 'layer2', 'layer3'])
    expect(config.probe).toMatchObject({ imagesPerClass: 50, earlyEpochs: 2, perEarlyEpoch: 10 })
  })

  it('fills in missing fields and preserves the rest', () => {
    const config = parseConfig({ seed: 7, regularizer: { schedule: [{ fromEpoch: 0, toEpoch: 5, alpha: -20 }] } })
    expect(config.seed).toBe(7)
    expect(config.regularizer.schedule).toEqual([{ fromEpoch: 0, toEpoch: 5, alpha: -20 }])
    expect(config.data).toEqual(defaultConfig().data)
    expect(parseConfig(JSON.parse(JSON.stringify(config)))).toEqual(config)
  })

  it.each([
    [{ sed: 1 }, /unknown configuration key: sed \(value 1; have name, seed/],
    [{ optimizer: { rate: 1 } }, /unknown configuration key: optimizer\.rate/],
    [{ train: { epochs: 'many' } }, /invalid train\.epochs: "many"; it must be a whole number from 1/],
    [{ train: { epochs: 0 } }, /invalid train\.epochs: 0/],
    [{ optimizer: { learningRate: -1 } }, /invalid optimizer\.learningRate: -1; it must be a number from 0 to 100/],
    [{ model: { block: 'conv' } }, /invalid model\.block: "conv"; it must be one of bottleneck, basic/],
    [{ model: { blocks: [1, 2] } }, /invalid model\.blocks: \[1,2\]; it must be a list of 4 whole numbers/],
    [{ data: 3 }, /invalid data: 3; it must be an object/],
    [null, /invalid configuration: null/],
    [{ data: { classes: ['a'] } }, /invalid data\.classes/],
    [{ regularizer: { modules: ['layer9'] } }, /invalid regularizer\.modules: \["layer9"\]/],
    [{ regularizer: { schedule: [{ fromEpoch: 2, toEpoch: 1, alpha: 1 }] } }, /invalid regularizer\.schedule/],
    [
      {
        regularizer: {
          schedule: [
            { fromEpoch: 0, toEpoch: 3, alpha: 1 },
            { fromEpoch: 2, toEpoch: 4, alpha: 2 },
          ],
        },
      },
      /do not overlap/,
    ],
    [
      { data: { inputSize: 224, augmentation: 'random-resized-crop', keptSide: 224 } },
      /keptSide: 224; it must be null or at least 256, which random-resized-crop needs for an input of 224/,
    ],
    [{ train: { batchSize: 8, microBatchSize: 16 } }, /microBatchSize: 16; it must be at most train\.batchSize \(8\)/],
    [{ data: { balancedBatches: true, balancedClasses: 200 } }, /at most 128 classes/],
  ])('refuses %j with the key, the value and the allowed values', (input, message) => {
    expect(() => parseConfig(input)).toThrow(message)
    expect(() => parseConfig(input)).toThrow(ConfigError)
  })

  it('has presets that are complete configurations with different ids', () => {
    for (const { config } of presets) expect(parseConfig(config)).toEqual(config)
    expect(new Set(presets.map(({ id }) => id)).size).toBe(presets.length)
  })

  it('reads every field from text as it writes it to JSON', () => {
    for (const { key, field } of fieldEntries) {
      const value = field.default
      const text = typeof value === 'string' ? value : JSON.stringify(value)
      expect(getField(parseConfig(setFieldText({}, key, text)), key), key).toEqual(value)
    }
  })

  it('sets single fields from text', () => {
    const set = (key: string, text: string) =>
      getField(parseConfig(setFieldText({ train: { microBatchSize: 2 } }, key, text)), key)
    expect(set('optimizer.learningRate', '0.05')).toBe(0.05)
    expect(set('data.classes', 'a, b')).toEqual(['a', 'b'])
    expect(set('data.classes', '')).toBe(null)
    expect(set('model.blocks', '1,1,1,1')).toEqual([1, 1, 1, 1])
    expect(set('regularizer.modules', 'layer2,layer4')).toEqual(['layer2', 'layer4'])
    expect(set('data.shuffle', 'false')).toBe(false)
    expect(() => set('seed', '')).toThrow(/invalid seed: ""; it must be a whole number/)
    expect(() => set('no.such', '1')).toThrow(/unknown configuration key: no\.such/)
  })

  it.each([
    ['train.epochs', 'abc'],
    ['train.epochs', '3.50'],
    ['train.epochs', '1e999'],
    ['train.epochs', '-0.0'],
    ['optimizer.learningRate', 'Infinity'],
    ['optimizer.learningRate', '1,5'],
    ['data.imagesPerClass', '-Infinity'],
    ['data.keptSide', 'NaN'],
    ['data.shuffle', 'yes'],
    ['data.classes', '["a", 1]'],
    ['model.block', 'resnext'],
    ['model.blocks', '1,2,Infinity,4'],
    ['regularizer.modules', 'layer1,layer9'],
    ['regularizer.schedule', '[{"fromEpoch":0,"toEpoch":1e999,"alpha":1}]'],
    ['name', ' '],
  ])('quotes a wrong value of %s as it was typed: %j', (key, text) => {
    expect(() => setFieldText({}, key, text)).toThrow(`invalid ${key}: ${JSON.stringify(text)}; it must be `)
  })

  it.each([
    ['{"train": {"epochs": 1e999}}', 'invalid train.epochs: "Infinity"'],
    ['{"optimizer": {"learningRate": -1e999}}', 'invalid optimizer.learningRate: "-Infinity"'],
    ['{"model": {"blocks": [1, 1e999, 1, 1]}}', 'invalid model.blocks: [1,"Infinity",1,1]'],
    ['{"train": 1e999}', 'invalid train: "Infinity"'],
    ['{"sed": -1e999}', 'unknown configuration key: sed (value "-Infinity"'],
  ])('shows numbers beyond the range of JSON: %s', (text, message) => {
    expect(() => parseConfig(JSON.parse(text))).toThrow(message)
  })

  it('does not modify the configuration that it copies', () => {
    const config = defaultConfig()
    setField(config, 'model.width', 8)
    expect(config.model.width).toBe(64)
  })

  it('never accepts a number outside its range', () => {
    const numeric = fieldEntries.filter(({ field }) => field.kind === 'number' || field.kind === 'integer')
    fc.assert(
      fc.property(fc.constantFrom(...numeric), fc.double(), ({ field }, value) => {
        const accepted = field.accept(value)
        return accepted === undefined || (value >= (field.min as number) && value <= (field.max as number))
      }),
    )
  })
})
