import * as tf from '@tensorflow/tfjs'
import { expect, it } from 'vitest'
import { read } from '../gpu/read.ts'
import { testGpu } from '../testing/gpu.ts'
import { architectureOf } from './resnet.ts'
import { writeSafetensors } from './safetensors.ts'
import { initialWeights, storeTensors, storeWeights } from './weights.ts'

const net = architectureOf({ blocks: [1, 1, 1, 1], width: 4, block: 'basic', stem: 'cifar', classes: 3 })

it('reads a checkpoint back in one transfer, with the same bytes as single reads', async () => {
  const gpu = await testGpu()
  const weights = initialWeights(net, 1)
  const { mapAsync } = GPUBuffer.prototype
  let transfers = 0
  GPUBuffer.prototype.mapAsync = function (...args) {
    transfers++
    return mapAsync.apply(this, args)
  }
  try {
    const file = await storeWeights(gpu, weights, 5)
    expect(transfers).toBe(1)
    const single = new Map()
    for (const one of weights)
      for (const [name, tensor] of await storeTensors(gpu, new Map([one]))) single.set(name, tensor)
    expect(transfers).toBe(1 + weights.size)
    for (const [name, { shape, data }] of single) {
      expect(file.tensors.get(name)?.shape, name).toEqual(shape)
      expect(file.tensors.get(name)?.data, name).toEqual(data)
    }
    const whole = writeSafetensors({ tensors: await storeTensors(gpu, weights), metadata: {} })
    expect(Buffer.compare(whole, writeSafetensors({ tensors: single, metadata: {} }))).toBe(0)
    const [conv] = await read(gpu, [weights.get('conv1.weight') as tf.Tensor])
    // [height, width, in, out] in memory, [out, in, height, width] in the file.
    const stored = file.tensors.get('conv1.weight')?.data
    expect([stored?.[0], stored?.[1], stored?.[9]]).toEqual([conv[0], conv[12], conv[4]])
  } finally {
    GPUBuffer.prototype.mapAsync = mapAsync
    tf.dispose([...weights.values()])
  }
})
