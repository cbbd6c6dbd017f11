import { describe, expect, it } from 'vitest'
import { type Demand, excessOf, excessText, LimitError, largerDemand } from './limits.ts'

/** WebGPU's default limits. */
const defaults: Demand = {
  maxBufferSize: 2 ** 28,
  maxStorageBufferBindingSize: 2 ** 27,
  maxStorageBuffersPerShaderStage: 8,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupStorageSize: 2 ** 14,
  maxComputeWorkgroupsPerDimension: 65535,
}
const small: Demand = { ...defaults, maxBufferSize: 1, maxStorageBufferBindingSize: 1 }

describe('a demand', () => {
  it('meets limits that it reaches exactly', () => {
    expect(excessOf(defaults, defaults)).toBeNull()
  })

  it.each([
    ['maxBufferSize', 2 ** 28 + 4, '257 MiB in one buffer; this adapter allows 256 MiB'],
    ['maxStorageBufferBindingSize', 2 ** 29, '512 MiB in one binding; this adapter allows 128 MiB'],
    ['maxStorageBuffersPerShaderStage', 9, '9 storage buffers in one program; this adapter allows 8'],
    ['maxComputeInvocationsPerWorkgroup', 512, '512 threads in one workgroup; this adapter allows 256'],
    ['maxComputeWorkgroupStorageSize', 32768, '32,768 bytes of workgroup memory; this adapter allows 16,384'],
    ['maxComputeWorkgroupsPerDimension', 65536, '65,536 workgroups in one dimension; this adapter allows 65,535'],
  ] as const)('that exceeds %s is named with both numbers', (limit, needed, text) => {
    const excess = excessOf({ ...small, [limit]: needed }, defaults)
    expect(excess).toEqual({ limit, needed, allowed: defaults[limit] })
    expect(excess && excessText(excess)).toBe(text)
  })

  it('that exceeds several limits is judged by the worst', () => {
    expect(
      excessOf({ ...small, maxBufferSize: 2 ** 29, maxStorageBufferBindingSize: 2 ** 29 }, defaults),
    ).toMatchObject({
      limit: 'maxStorageBufferBindingSize',
    })
  })

  it('joined with another has the larger number of each', () => {
    expect(largerDemand({ ...small, maxBufferSize: 7 }, { ...small, maxStorageBuffersPerShaderStage: 9 })).toEqual({
      ...small,
      maxBufferSize: 7,
      maxStorageBuffersPerShaderStage: 9,
    })
  })
})

it('an error says what needs how much, what is allowed and what to do', () => {
  const excess = { limit: 'memory', needed: 3 * 2 ** 20 + 1, allowed: 2.5 * 2 ** 20 } as const
  expect(new LimitError('A step', excess, 'set train.microBatchSize to 4 or less').message).toBe(
    'A step needs 3.01 MiB of GPU memory; the memory budget is 2.5 MiB: set train.microBatchSize to 4 or less',
  )
})
