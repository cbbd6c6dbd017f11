import { expect, test } from 'vitest'
import { adapterName } from './adapter-name.ts'

const none = { vendor: '', architecture: '', device: '', description: '', software: false }
const named = (info: Partial<typeof none>) => adapterName({ ...none, ...info })

test('an adapter whose description names only the driver is named after its device', () => {
  const nvidia = { vendor: 'nvidia', description: 'NVIDIA: 580.159.04 580.159.4.0' }
  expect(named({ ...nvidia, device: 'nvidia-h200' })).toBe('NVIDIA H200')
  expect(named({ ...nvidia, device: 'nvidia-geforce-rtx-3080-ti' })).toBe('NVIDIA GeForce RTX 3080 Ti')
  expect(named({ device: 'amd-radeon-rx-6800-xt', description: 'radv: Mesa 24.1.0 24.1.0.0' })).toBe(
    'AMD Radeon RX 6800 XT',
  )
  expect(named({ device: 'apple-m2', description: 'Metal driver on macOS Version 14.5' })).toBe('Apple M2')
})

test('an adapter keeps a description that names it, and one without a device that has a name', () => {
  expect(named({ device: 'nvidia-h200', description: 'NVIDIA H200' })).toBe('NVIDIA H200')
  expect(named({ device: '0x2684', description: 'NVIDIA: 550.54 550.54.0.0' })).toBe('NVIDIA: 550.54 550.54.0.0')
  expect(named({ description: 'NVIDIA: 550.54 550.54.0.0' })).toBe('NVIDIA: 550.54 550.54.0.0')
})

test('software adapters keep the description, with their kind', () => {
  const llvmpipe = {
    device: 'llvmpipe-llvm-15-0-6-256-bits-',
    description: 'llvmpipe: Mesa 25.0.7 (LLVM 15.0.6) 0.0.1',
  }
  expect(named({ ...llvmpipe, software: true })).toBe('llvmpipe: Mesa 25.0.7 (LLVM 15.0.6) 0.0.1 (software)')
  const swiftshader = { device: 'swiftshader-device-subzero-', description: 'SwiftShader driver 5.0.0' }
  expect(named({ ...swiftshader, software: true })).toBe('SwiftShader (software)')
})

test('without a description, vendor and architecture are the name', () => {
  expect(named({ vendor: 'nvidia', architecture: 'ampere' })).toBe('nvidia ampere')
  expect(named({})).toBe('unnamed adapter')
})
