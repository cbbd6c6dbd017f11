import { expect, it } from 'vitest'
import type { Command, RecordedBinding } from './command.ts'
import { classOf, trafficOf } from './traffic.ts'

const binding = (size: number, written: boolean, reads: number): RecordedBinding => ({
  binding: 0,
  buffer: 0,
  offset: 0,
  size,
  written,
  reads,
})

const dispatch = (label: string, bindings: RecordedBinding[]): Command => ({
  kind: 'dispatch',
  pipeline: { label } as GPUComputePipeline,
  layout: { label } as GPUBindGroupLayout,
  bindings,
  workgroups: [1, 1, 1],
  flops: 0,
  columns: null,
})

it('counts the bytes that dispatches read and write, by class, without unused commands', () => {
  const copy: Command = { kind: 'copy', from: 0, fromOffset: 0, to: 1, toOffset: 0, size: 7 }
  const commands = [
    dispatch('sgd-4', [binding(100, true, 1), binding(40, false, 1)]),
    dispatch('batch-norm-moments-4', [binding(8, true, 0), binding(1000, false, 2)]),
    dispatch('batch-norm-moments-1', [binding(8, true, 0), binding(10, false, 2)]),
    dispatch('', [binding(5, true, 0)]),
    copy,
  ]
  expect(trafficOf(commands, [4, 2, 1, 0])).toEqual([
    { name: 'batch-norm-moments', dispatches: 2, readBytes: 2020, writtenBytes: 16 },
    { name: 'sgd', dispatches: 1, readBytes: 140, writtenBytes: 100 },
    { name: 'copy', dispatches: 1, readBytes: 7, writtenBytes: 7 },
  ])
})

it.each([
  ['batch-norm-apply-4-true-false', 'batch-norm-apply'],
  ['batch-norm-statistics-true', 'batch-norm-statistics'],
  ['conv-filter-gradient:k3x3s1x1p1x1::tile-64x64x16-4x4', 'conv-filter-gradient'],
  ['max-pool-gradient-3s2p1', 'max-pool-gradient'],
  ['images', 'images'],
  ['uJ', 'tfjs'],
  ['', 'tfjs'],
])('the class of %s is %s', (label, name) => {
  expect(classOf(label)).toBe(name)
})
