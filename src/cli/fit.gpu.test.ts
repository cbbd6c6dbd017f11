import { expect, it } from 'vitest'
import { openGpu } from '../gpu/backend.ts'
import { openNodeGpu } from '../gpu/node/driver.ts'
import { syntheticSet } from '../testing/synthetic.ts'
import { toyConfig } from '../testing/toy-config.ts'
import { fitting } from './fit.ts'

it('compares a dataset of more classes than are expected once it is read', async () => {
  const { gpu: host } = await openNodeGpu()
  const gpu = await openGpu(host, { limits: { maxStorageBufferBindingSize: 2 ** 17 } })
  const requirement = fitting({ config: toyConfig(), open: async () => ({ gpu }), purpose: 'train' })
  const listed = () => Promise.reject(new Error('the dataset was listed'))
  await requirement(listed, 'listing')
  const few = syntheticSet({ classes: 3, train: 4, validation: 1, size: 16 })
  await requirement(async () => few, 'read')
  const many = syntheticSet({ classes: 3000, train: 1, validation: 1, size: 16 })
  await expect(requirement(async () => many, 'read')).rejects.toThrow(/this adapter allows/)
})
