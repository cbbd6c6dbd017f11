import { describe, expect, it } from 'vitest'
import { optionsInAddress, parseDeviceOptions } from './device-options.ts'

it('the word default means WebGPU’s default limits', () => {
  expect(parseDeviceOptions('default')).toEqual({ defaults: true })
})

it('an object names limits, features and a memory budget', () => {
  const options = { limits: { maxBufferSize: 1024 }, features: ['subgroups'], memoryBudget: 64 }
  expect(parseDeviceOptions(options)).toEqual({ defaults: false, ...options })
  expect(parseDeviceOptions({})).toEqual({ defaults: false, limits: {} })
})

it.each([
  ['poor', /must be "default" or an object/],
  [[], /must be "default" or an object/],
  [{ limit: {} }, /unknown device option: limit \(have defaults/],
  [{ limits: { maxTextureDimension1D: 5 } }, /unknown limit: maxTextureDimension1D \(have maxBufferSize/],
  [{ limits: { maxBufferSize: 0 } }, /invalid limit maxBufferSize: it must be a number above 0/],
  [{ limits: { maxBufferSize: '1' } }, /invalid limit maxBufferSize/],
  [{ features: 'subgroups' }, /invalid features: it must be a list of names/],
  [{ memoryBudget: -1 }, /invalid memoryBudget: it must be a number of MiB above 0/],
  [{ defaults: 1 }, /invalid defaults/],
])('refuses %j', (value, message) => {
  expect(() => parseDeviceOptions(value)).toThrow(message)
})

describe('the limits of a poorer device in an address', () => {
  it('are a word or JSON', () => {
    expect(optionsInAddress(null)).toBeUndefined()
    expect(optionsInAddress('default')).toEqual({ defaults: true })
    expect(optionsInAddress('{"memoryBudget":64}')).toMatchObject({ memoryBudget: 64 })
  })

  it.each([
    ['defaults', /^cannot use device-limits=defaults of the address: it is neither "default" nor JSON$/],
    ['', /^cannot use device-limits= of the address: it is neither/],
    ['{"limits":{"nope":1}}', /of the address: unknown limit: nope/],
  ])('are named where they cannot be used (%s)', (text, message) => {
    expect(() => optionsInAddress(text)).toThrow(message)
  })
})
