import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { PlannedCommand } from '../../src/gpu/compile/planned.ts'
import { rankedVariants } from '../../src/gpu/kernels/choose.ts'
import { filterDispatch, filterProgram } from '../../src/gpu/kernels/conv/filter-gradient.ts'
import { gatherDispatch, gatherProgram } from '../../src/gpu/kernels/conv/gather.ts'
import { flops, type Geometry, type Operation, operations } from '../../src/gpu/kernels/conv/geometry.ts'
import { hasPanels, type PanelScheme, schemeName, schemes, type Variant } from '../../src/gpu/kernels/schemes.ts'
import { wgslOf } from '../../src/gpu/program.ts'
import { networkGeometries } from '../../src/model/geometries.ts'
import { architectureOf } from '../../src/model/resnet.ts'
import { modelText } from '../print/model.mjs'
import { families, gap, latency, type Machine, machineCodes, overlap } from './assumptions.ts'
import { memoryCycles } from './banks.mjs'
import { modelClass } from './classes.ts'
import { convolutionOf } from './convolution.ts'
import { type Counts, countsOf } from './counts.ts'
import { mixOf } from './machine-code.mjs'
import { measuredTimes } from './node.ts'
import { timeOf } from './time.ts'

const scheme = (name: string) => schemes.find((one) => schemeName(one) === name)!

const g: Geometry = {
  images: 4,
  height: 16,
  width: 16,
  inputs: 64,
  outHeight: 8,
  outWidth: 8,
  outputs: 96,
  kernel: [3, 3],
  stride: [2, 2],
  padding: [1, 1],
}

const programOf = (operation: Operation, shape: Geometry, variant: Variant) =>
  operation === 'filter-gradient' ? filterProgram(shape, variant) : gatherProgram(shape, operation, variant)

/** The command that the lab records for an operation. */
function commandOf(operation: Operation, variant: Variant): PlannedCommand {
  const { workgroups, uniforms } =
    operation === 'filter-gradient' ? filterDispatch(g, variant) : gatherDispatch(g, operation, variant)
  const program = programOf(operation, g, variant)
  const resultBytes = 4 * uniforms.size * variant.splits
  const bytes = { readBytes: 1e5, writtenBytes: resultBytes + 100, resultBytes }
  return { name: program.key, program, workgroups, threads: 128, flops: flops(g), ...bytes }
}

describe('a dispatch of a convolution', () => {
  const vector = scheme('vector-64x64x16-8x4')

  it.each([
    // 256 × 96 outputs: 4 × 2 tiles; nine taps of 64 channels in panels of 16.
    ['forward', 1, 8, 36],
    ['forward', 2, 16, 18],
    // Four classes of 256 × 64 outputs; they see 1, 2, 2 and 4 taps of 96 channels.
    ['input-gradient', 1, 16, (9 * 6) / 4],
    // Nine taps of 64 × 96 outputs; 256 pixels.
    ['filter-gradient', 1, 18, 16],
    ['filter-gradient', 2, 36, 8],
  ] as const)('%s in %i splits has %i workgroups with so many panels', (operation, splits, workgroups, panels) => {
    const found = convolutionOf(commandOf(operation, { scheme: vector, splits }))
    expect(found).toEqual({ operation, kernel: '3x3', scheme: vector, workgroups, panels })
  })

  it('in a scheme without panels has no model', () => {
    const command = commandOf('forward', { scheme: scheme('quad-8x16x4'), splits: 1 })
    expect(() => convolutionOf(command)).toThrow('no model of conv-forward')
    expect(convolutionOf({ ...command, name: 'sgd-4' })).toBeNull()
  })
})

describe('the time of a command', () => {
  const machine: Machine = { flops: 1e12, bandwidth: 1e11, code: 'sm_86' }
  const counts: Counts = {
    panel: { fma: 512, vector: 100, rest: 28 },
    sum: { vector: 200, rest: 40 },
    once: { vector: 300, rest: 60 },
    memoryCycles: 416,
    fingerprint: '',
  }
  const forward = commandOf('forward', { scheme: scheme('vector-64x64x16-8x4'), splits: 1 })
  const on = (code: Machine['code'], of = counts) => timeOf(forward, { ...machine, code }, () => of)

  it('of a convolution follows its instructions: everything takes a place on NVIDIA, vector instructions on AMD', () => {
    // 8 workgroups of 128 threads; 576 products are two sums; half of 1e12 FMAs a second.
    const seconds = (places: number) => (8 * 128 * places) / 5e11 / overlap
    const nvidia = on('sm_86', { ...counts, memoryCycles: 112 })
    expect(nvidia.limit).toBe('arithmetic')
    expect(nvidia.seconds).toBeCloseTo(seconds(36 * 640 + 2 * 240 + 360) + gap, 12)
    expect(nvidia.share).toBeCloseTo(flops(g) / 1e12 / (nvidia.seconds - gap), 9)
    expect(on('navi21').seconds).toBeCloseTo(seconds(36 * 612 + 2 * 200 + 300) + gap, 12)
    expect(on('navi31').seconds).toBeCloseTo(seconds(36 * 416 * 2) + gap, 12)
    expect(on('navi31').limit).toBe('workgroup memory')
  })

  it('of other programs is bandwidth, or latency where few loads are under way', () => {
    const stream = { ...forward, name: 'batch-norm-moments-4-16', program: null, flops: 0, threads: 256 }
    const time = (workgroups: number, readBytes: number) =>
      timeOf({ ...stream, workgroups: [workgroups, 1, 1], readBytes, writtenBytes: 0 }, machine, () => counts)
    expect(time(1000, 1e8)).toEqual({ seconds: 1e8 / 0.85e11 + gap, limit: 'bandwidth', share: null })
    // 256 threads with four loads of 16 bytes each.
    const [few] = [time(1, 1e8)]
    expect(few.limit).toBe('latency')
    expect(few.seconds).toBeCloseTo((latency * 1e8) / (256 * 4 * 16) + gap, 9)
    expect(time(1, 16)).toEqual({ seconds: latency + gap, limit: 'latency', share: null })
  })
})

function panelsOf({ scheme }: Variant): PanelScheme {
  if (!hasPanels(scheme)) throw new Error(`${schemeName(scheme)} has no panels`)
  return scheme
}

describe('counts of machine code', () => {
  const net = architectureOf({ blocks: [3, 4, 6, 3], width: 64, block: 'bottleneck', stem: 'imagenet', classes: 10 })
  const limits = { maxComputeInvocationsPerWorkgroup: 1024, maxComputeWorkgroupStorageSize: 32_768 }

  it.each(machineCodes)('exist for every kernel that a GPU of %s chooses for a ResNet-50', (code) => {
    const adapter = { ...families[code], software: false, features: [], limits }
    const shapes = [networkGeometries(net, 224, 32, 4), networkGeometries(net, 32, 8, 4)]
    const stems = shapes.map(([stem]) => stem)
    for (const shape of shapes.flat()) {
      for (const operation of operations.filter((one) => !stems.includes(shape) || one !== 'input-gradient')) {
        const [variant] = rankedVariants(operation, shape, adapter)
        const program = programOf(operation, shape, variant)
        // A compiled step computes some input gradients with an addend only.
        const { counts } = countsOf((program.plus?.() ?? program).key, code)
        const { threadRows, threadColumns, depth } = panelsOf(variant)
        expect(counts.panel.fma).toBe(threadRows * threadColumns * depth)
      }
    }
  })

  it('of a program with a fused end are those of the program without it', () => {
    const key = 'conv-input-gradient:k3x3s1x1p1x1:padded:vector-64x64x16-8x4'
    expect(countsOf(key.replace('padded', 'padded,other'), 'sm_86').key).toBe(key)
    expect(() => countsOf(key.replace('64x64x16-8x4', '9x9x9-9x9'), 'sm_86')).toThrow('is not counted')
  })
})

it('bank conflicts follow from the addresses in the WGSL', () => {
  const wide = { ...g, outputs: 128 }
  const cycles = (operation: Operation, name: string) =>
    memoryCycles(wgslOf(programOf(operation, wide, { scheme: scheme(name), splits: 1 })))
  expect(cycles('forward', 'vector-128x64x16-8x8')).toEqual({ nvidia: 152, amd: 560 })
  expect(cycles('filter-gradient', 'vector-64x64x16-8x8')).toEqual({ nvidia: 160, amd: 576 })
  // Neighbors store to one group of banks.
  expect(cycles('forward', 'tile-64x64x16-4x4').nvidia).toBe(132)
})

describe('the mix of a listing', () => {
  const times = (n: number, line: string) => Array(n).fill(line).join('\n')

  it('of RADV counts an inner loop as often as it runs', () => {
    const text = `disasm:
BB0:
	v_add_nc_u32_e32 v1, 1, v1   ; 00
BB1:
	s_barrier   ; 00
	v_mov_b32_e32 v2, v1   ; 00
	buffer_load_dwordx4 v[0:3], v4, s[0:3], 0 offen   ; 00
BB2:
	ds_read_b128 v[4:7], v1   ; 00
	v_lshlrev_b32_e32 v3, 4, v1   ; 00
${times(64, '	v_fmac_f32_e32 v8, v4, v5   ; 00')}
	s_cbranch_scc0 BB2   ; 00
	s_cbranch_scc0 BB1   ; 00
	buffer_store_dwordx4 v[0:3], v4, s[0:3], 0 offen   ; 00
*** SHADER STATS ***
VGPRs: 128
Spilled VGPRs: 3
`
    expect(mixOf(text, 'amd', 256)).toEqual({
      panel: { fma: 256, vector: 5, rest: 4 * 2 + 3 },
      sum: { vector: 0, rest: 0 },
      once: { vector: 1, rest: 1 },
      registers: 128,
      spills: 3,
      loads: { wide: 1, narrow: 0 },
      reads: 4,
    })
    expect(() => mixOf(text, 'amd', 250)).toThrow('found 64, 64 FMAs in loops; a pair of panels has 250')
  })

  it('of nvdisasm counts an unrolled loop in parts', () => {
    const line = (op: string) => `        /*0010*/                   ${op} ;`
    const text = [
      '	.sectioninfo	@"SHI_REGISTERS=96"',
      line('IMAD R1, R1, R2, RZ'),
      '.L_x_1:',
      line('LDG.E.128 R4, [R2]'),
      line('LDG.E R4, [R2]'),
      times(64, line('@P0 FFMA R1, R2, R3, R4')),
      line('IADD3 R1, R2, R3, RZ'),
      line('IADD3 R1, R2, R3, RZ'),
      line('@P0 BRA `(.L_x_1)'),
      line('NOP'),
      line('EXIT'),
    ].join('\n')
    expect(mixOf(text, 'nvidia', 32)).toMatchObject({
      panel: { fma: 32, vector: 1 },
      once: { vector: 1, rest: 1 },
      registers: 96,
      spills: 0,
    })
  })
})

it('programs are summed up by class', () => {
  expect(modelClass('conv-input-gradient:k3x3s1x1p1x1:padded:vector-64x64x16-8x4')).toBe('3x3 input gradient')
  expect(modelClass('conv-filter-gradient:k7x7s2x2p3x3:taps,padded:vector-64x64x16-8x4')).toBe('stem filter gradient')
  expect(modelClass('batch-norm-gradient-sums-4-true-true-16')).toBe('batch norm gradient sums')
  expect(modelClass('sgd-4-4')).toBe('sgd')
  expect(modelClass('BinaryOpProgram')).toBe('tfjs')
  expect(modelClass('copy')).toBe('copies')
})

describe('measured times', () => {
  const file = fileURLToPath(new URL('./h200.json', import.meta.url))
  const shape = { blocks: [3, 4, 6, 3], width: 64, inputSize: 224, batch: 32, stem: 'imagenet' } as const

  it('are summed up by the classes of the model', () => {
    const { adapter, milliseconds } = measuredTimes(file, shape)
    expect(adapter).toBe('NVIDIA H200')
    expect(milliseconds['stem forward']).toBeCloseTo(0.348, 3)
    expect(Object.values(milliseconds).reduce((a, b) => a + b)).toBeCloseTo(32.9, 1)
  })

  it('of another network, or from another file, are refused', () => {
    expect(() => measuredTimes(file, { ...shape, batch: 8 })).toThrow(/h200.json was measured with .*"batch":32/)
    expect(() => measuredTimes(file.replace('h200', 'counts'), shape)).toThrow(
      /cannot read .*counts.json.*: it has no case/,
    )
  })

  it('stand beside those of the model in its report', () => {
    const row = { gflop: 0, bytes: 1e9, workgroups: 1, limit: 'bandwidth', share: null }
    const rows = [
      { ...row, program: 'sgd-4', class: 'sgd', seconds: 0.002 },
      { ...row, program: 'conv', class: '1x1 forward', seconds: 0.008, gflop: 40, limit: 'arithmetic', share: 0.5 },
    ]
    const text = modelText({
      case: shape,
      machine: { flops: 1e13, bandwidth: 4e11, code: 'sm_86' },
      rows,
      substitutes: { a: 'b' },
      changed: ['c'],
      measured: { adapter: 'X', milliseconds: { sgd: 1, '1x1 forward': 9 }, millisecondsPerStep: 11 },
      written: [],
      list: false,
    })
    expect(text).toMatch(/1x1 forward +1 +8.00 +40 +50 +1.00 +9.00 +1.13 × +arithmetic/)
    expect(text).toMatch(/the step +2 +10.00 +40 +40 +2.00 +10.00 +1.00 ×/)
    expect(text).toContain('10.0 ms a step, 3200 images a second')
    expect(text).toContain('a is not counted; b stands in')
    expect(text).toContain('c has changed since it was counted')
  })
})
