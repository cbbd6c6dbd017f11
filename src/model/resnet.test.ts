import { describe, expect, it } from 'vitest'
import { architectureOf, convsOf, type ModelSpec, sitesOf } from './resnet.ts'
import { parameterCount, weightSpecs } from './weight-specs.ts'

const resnet50: ModelSpec = { blocks: [3, 4, 6, 3], width: 64, block: 'bottleneck', stem: 'imagenet', classes: 1000 }

describe('the architecture', () => {
  it('is ResNet-50 by default', () => {
    const net = architectureOf(resnet50)
    expect(parameterCount(net)).toBe(25557032)
    const sites = sitesOf(net)
    expect(sites.map(({ name }) => name)).toEqual([
      ...['layer1.0', 'layer1.1', 'layer1.2', 'layer2.0', 'layer2.1', 'layer2.2', 'layer2.3'],
      ...['layer3.0', 'layer3.1', 'layer3.2', 'layer3.3', 'layer3.4', 'layer3.5', 'layer4.0', 'layer4.1', 'layer4.2'],
    ])
    expect(sites.reduce((sum, { units }) => sum + units, 0)).toBe(15104)
  })

  // Published parameter counts of torchvision's models.
  it.each([
    [[2, 2, 2, 2], 'basic', 11689512],
    [[3, 4, 6, 3], 'basic', 21797672],
    [[3, 4, 23, 3], 'bottleneck', 44549160],
  ] as const)('with blocks %j of kind %s has %i parameters', (blocks, block, parameters) => {
    expect(parameterCount(architectureOf({ ...resnet50, blocks, block }))).toBe(parameters)
  })

  it('has torchvision’s names and shapes', () => {
    const shapes = new Map(weightSpecs(architectureOf(resnet50)).map(({ name, shape }) => [name, shape]))
    expect(shapes.size).toBe(53 * 5 + 2)
    expect(shapes.get('conv1.weight')).toEqual([64, 3, 7, 7])
    expect(shapes.get('layer2.0.conv2.weight')).toEqual([128, 128, 3, 3])
    expect(shapes.get('layer2.0.downsample.0.weight')).toEqual([512, 256, 1, 1])
    expect(shapes.get('layer4.2.bn3.running_var')).toEqual([2048])
    expect(shapes.get('fc.weight')).toEqual([1000, 2048])
  })

  it('has the stride in the 3×3 convolution, and the CIFAR stem preserves the resolution of small images', () => {
    const strided = convsOf(architectureOf(resnet50)).filter(({ stride }) => stride === 2)
    expect(strided.map(({ name }) => name)).toEqual([
      'conv1',
      ...[2, 3, 4].flatMap((layer) => [`layer${layer}.0.conv2`, `layer${layer}.0.downsample.0`]),
    ])
    const cifar = architectureOf({ ...resnet50, stem: 'cifar' })
    expect(cifar.stem).toMatchObject({ kernel: 3, stride: 1, padding: 1 })
    expect(cifar.pool).toBe(false)
  })
})
