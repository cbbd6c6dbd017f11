import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { benchOptions, peers } from './options.mjs'

const shape = { blocks: [3, 4, 6, 3], width: 64, inputSize: 32, batch: 8, stem: 'imagenet' }

describe('the options of npm run bench', () => {
  it('default to ResNet-50 on 8 images of 32 × 32 with every peer', () => {
    expect(benchOptions(['step'])).toEqual({
      what: 'step',
      host: 'chromium',
      adapter: 'swiftshader',
      json: null,
      options: {
        ...shape,
        steps: 5,
        peers: peers.filter((name) => name !== 'lab-tuned' && name !== 'lab-f16'),
        schemes: null,
        tuningSeconds: null,
      },
    })
  })

  it('apply single values over a preset, and always include the lab', () => {
    const { options } = benchOptions(['step', '--preset', 'gpu-224', '--batch', '4', '--peers', 'jax-js'])
    expect(options).toMatchObject({ inputSize: 224, batch: 4, peers: ['lab', 'jax-js'] })
    expect(benchOptions(['kernels', '--no-stock']).options.stock).toBe(false)
    const memory = (...more) => benchOptions(['memory', '--preset', 'gpu-224', ...more]).options
    expect(memory()).toEqual({ ...shape, inputSize: 224, batch: 32, vendor: null })
    expect(memory('--vendor', 'amd').vendor).toBe('amd')
    expect(() => memory('--vendor', 'acme')).toThrow('invalid --vendor acme: it must be one of nvidia, amd')
  })

  it('of the model are a GPU, and files by their whole path', () => {
    const { host, options } = benchOptions(['model', '--preset', 'gpu-224', '--tflops', '12.5', '--code', 'navi21'])
    expect(host).toBe('node')
    expect(options).toMatchObject({ inputSize: 224, batch: 32, tflops: 12.5, gbps: 400, code: 'navi21', list: false })
    expect(options).toMatchObject({ schemes: null, measured: null, wgsl: null })
    expect(benchOptions(['model', '--measured', 'a.json']).options.measured).toBe(resolve('a.json'))
  })

  it('of the data benchmark are only numbers of images', () => {
    expect(benchOptions(['data', '--images', '64', '--many', '500'])).toEqual({
      what: 'data',
      adapter: 'swiftshader',
      json: null,
      options: { images: 64, many: 500 },
    })
    expect(() => benchOptions(['data', '--images', '3'])).toThrow(/invalid --images 3/)
  })

  it('of a sweep are how many runs and workers', () => {
    expect(benchOptions(['sweep', '--workers', '8'])).toEqual({
      what: 'sweep',
      host: 'node',
      json: null,
      options: { jobs: 10_000, workers: 8, processes: 4 },
    })
    expect(() => benchOptions(['sweep', '--workers', '3'])).toThrow(/invalid --processes 4/)
  })

  it('of the opening of the page are how often and with which adapter', () => {
    expect(benchOptions(['open', '--times', '3'])).toEqual({
      what: 'open',
      adapter: 'swiftshader',
      json: null,
      options: { times: 3 },
    })
  })

  it.each([
    [[], /name one benchmark/],
    [['speed'], /name one benchmark, step, kernels, .*, pack or sweep; got speed/],
    [['step', '--width', '0'], /invalid --width 0: it must be a whole number from 1/],
    [['step', '--blocks', '3,4'], /invalid --blocks 3,4: it must be four numbers/],
    [['step', '--peers', 'torch'], /invalid --peers torch: it must be one of lab/],
    [['model', '--gbps', '0'], /invalid --gbps 0: it must be a number above 0/],
    [['model', '--code', 'gfx9'], /invalid --code gfx9: it must be one of sm_86, navi21, navi31/],
    [['step', '--host', 'moon'], /invalid --host moon/],
    [['step', '--colour', 'red'], /--colour/],
  ])('%j are refused', (args, message) => {
    expect(() => benchOptions(args)).toThrow(message)
  })
})
