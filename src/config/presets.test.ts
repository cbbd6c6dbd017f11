import { describe, expect, it } from 'vitest'
import { chooseClasses } from './choose-classes.ts'
import { parseConfig } from './config.ts'
import { forwardFlop, stepFlop, workOf } from './flop.ts'
import { defaultPreset, presetNamed, presetOf, presets } from './presets.ts'

const many = (n: number, train = 500) =>
  Array.from({ length: n }, (_, i) => ({ id: `n${String(i).padStart(4, '0')}`, train, validation: 50 }))

const wanted = { classes: 100, train: 200, validation: 50 }

describe('presets', () => {
  it('have the recorded setting in which selectivity rises and recedes', () => {
    const [cifar, hundred] = ['rise-and-recede-cifar10', 'rise-and-recede-100'].map((id) => presetNamed(id)?.config)
    expect(cifar).toMatchObject({
      data: { inputSize: 32, augmentation: 'crop-flip', imagesPerClass: 2000 },
      model: { blocks: [1, 1, 1, 1], width: 16, block: 'bottleneck', stem: 'imagenet' },
      optimizer: { learningRate: 0.1, momentum: 0.9, weightDecay: 0.002, schedule: 'cosine', warmupEpochs: 0 },
      train: { epochs: 15, batchSize: 128, microBatchSize: 128 },
      regularizer: { schedule: [], modules: ['layer1', 'layer2', 'layer3'], statistic: 'mean' },
    })
    expect(hundred).toMatchObject({ data: { imagesPerClass: 200, validationImagesPerClass: 50 } })
    expect({ ...hundred, name: '', data: null }).toEqual({ ...cifar, name: '', data: null })
  })

  it('start a first visit with the phenomenon on a GPU, and with the small preset on a software adapter', () => {
    expect(defaultPreset({ software: false }).id).toBe('rise-and-recede-cifar10')
    expect(defaultPreset({ software: true }).id).toBe('small')
  })

  it('are recognized whatever the dataset, its classes and the seed are', () => {
    for (const { id, config } of presets) {
      const data = { ...config.data, source: 'mine.zip', layout: 'paths', classes: ['a', 'b'] }
      expect(presetOf(parseConfig({ ...config, seed: 7, name: 'mine', data }))?.id).toBe(id)
    }
    const { config } = presets[0]
    expect(presetOf({ ...config, optimizer: { ...config.optimizer, weightDecay: 0 } })).toBeUndefined()
  })
})

describe('the choice of classes', () => {
  it('takes the first by id, in whatever order the dataset has them', () => {
    const all = many(200)
    const { ids, text } = chooseClasses(all, wanted)
    expect(ids).toEqual(all.slice(0, 100).map(({ id }) => id))
    expect(text).toContain('100 of 200 classes are used')
    expect(text).toContain('n0000 to n0099')
    const { ids: reversed } = chooseClasses([...all].reverse(), wanted)
    expect(reversed?.toSorted()).toEqual(ids)
    // The order of the classes is that of the rows of the classifier.
    expect(reversed?.[0]).toBe('n0099')
  })

  it('prefers classes with enough training images, and says how many lack some', () => {
    const all = many(150).map((own, i) => (i < 60 ? { ...own, train: 30, validation: 5 } : own))
    const { ids, text } = chooseClasses(all, wanted)
    expect(ids?.filter((id) => id >= 'n0060')).toHaveLength(90)
    expect(ids?.filter((id) => id < 'n0060')).toEqual(all.slice(0, 10).map(({ id }) => id))
    expect(text).toContain('10 classes have fewer than 200 training images')
    expect(text).toContain('10 classes have fewer than 50 validation images')
  })

  it('uses all classes where there are no more than wanted', () => {
    expect(chooseClasses(many(100), wanted)).toEqual({
      ids: null,
      text: 'All 100 classes are used; up to 200 training and 50 validation images of each.',
    })
    expect(chooseClasses(many(1, 20), wanted).text).toContain(
      'classes, not the 100 of the preset: all of them are used; up to 200 training and 50 validation images of each. 1 class has fewer than 200 training images',
    )
  })
})

describe('the work of a run', () => {
  it('is that of the published networks', () => {
    const { model } = parseConfig({})
    // 4.09 and 1.81 billion multiply-adds (torchvision).
    expect(forwardFlop(model, 224, 1000) / 2e9).toBeCloseTo(4.09, 2)
    const resnet18 = { ...model, block: 'basic' as const, blocks: [2, 2, 2, 2] }
    expect(forwardFlop(resnet18, 224, 1000) / 2e9).toBeCloseTo(1.81, 2)
  })

  it('of the preset with 100 classes is 15 epochs of 157 steps of 1.67 GFLOP', () => {
    const preset = presetNamed('rise-and-recede-100')
    if (!preset?.images) throw new Error('no such preset')
    expect((128 * stepFlop(preset.config, 100)) / 1e9).toBeCloseTo(1.67, 2)
    const { steps, flop } = workOf(preset.config, preset.images)
    expect(steps).toBe(2355)
    expect(flop / 1e12).toBeCloseTo(4.29, 1)
  })
})
