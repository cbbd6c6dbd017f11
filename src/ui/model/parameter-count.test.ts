import { expect, test } from 'vitest'
import { parameterCount, unitCount } from './parameter-count.ts'

const imagenet = { width: 64, stem: 'imagenet' as const }
const resnet50 = { ...imagenet, blocks: [3, 4, 6, 3], block: 'bottleneck' as const }

test('agrees with torchvision for 1000 classes', () => {
  expect(parameterCount(resnet50, 1000)).toBe(25_557_032)
  expect(parameterCount({ ...resnet50, blocks: [3, 4, 23, 3] }, 1000)).toBe(44_549_160)
  expect(parameterCount({ ...imagenet, blocks: [2, 2, 2, 2], block: 'basic' }, 1000)).toBe(11_689_512)
  expect(parameterCount({ ...imagenet, blocks: [3, 4, 6, 3], block: 'basic' }, 1000)).toBe(21_797_672)
})

test('the CIFAR stem has a 3×3 convolution in place of a 7×7', () => {
  expect(parameterCount({ ...resnet50, stem: 'cifar' }, 1000)).toBe(25_557_032 - 3 * 64 * (49 - 9))
})

test('ResNet-50 has 15,104 units', () => {
  expect(unitCount(resnet50)).toBe(15_104)
})
