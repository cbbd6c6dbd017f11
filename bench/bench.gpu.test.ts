import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { root } from '../scripts/setup.mjs'
import type { KernelResult } from './kernels.ts'
import type { ReductionResult } from './reductions.ts'
import type { StepResult } from './steps.ts'

function bench<T>(...args: string[]): { result: T; stdout: string } {
  const folder = mkdtempSync(join(tmpdir(), 'lab-bench-'))
  try {
    const file = join(folder, 'result.json')
    const all = [join(root, 'bench', 'main.mjs'), ...args, '--host', 'node', '--preset', 'small', '--json', file]
    const { status, stdout, stderr } = spawnSync(process.execPath, all, { encoding: 'utf8' })
    expect(stderr, stderr).not.toMatch(/Error/)
    expect(status).toBe(0)
    return { result: JSON.parse(readFileSync(file, 'utf8')), stdout }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

it('steps of the lab and of tfjs agree and are reported in the documented format', () => {
  const own = ['--steps', '1', '--peers', 'lab,tfjs-webgpu-mm', '--schemes', 'quad-8x16x4,register-8x4']
  const { result, stdout } = bench<StepResult>('step', ...own, '--size', '16')
  expect(result.case).toEqual({ blocks: [1, 1, 1, 1], width: 8, inputSize: 16, batch: 8, stem: 'imagenet' })
  expect(result.rows.map(({ name }) => name)).toEqual(['lab', 'tfjs-webgpu-mm'])
  expect(result.absent).toEqual([])
  const [lab, stock] = result.rows
  for (const row of result.rows) {
    expect(row.imagesPerSecond).toBeCloseTo(8 / row.secondsPerStep, 6)
    expect(row.losses).toHaveLength(3)
    expect(row.peakBytes).toBeGreaterThan(result.parameterBytes)
  }
  expect(lab.dispatches).toBeLessThan((stock.dispatches ?? 0) / 3)
  expect(result.gflopPerStep).toBeGreaterThan(0)
  expect(result.ceilingGflops).toBeGreaterThan(0)
  expect(stdout).toMatch(/% of the ceiling/)
}, 240_000)

it('the kernel benchmark times the variants of every convolution', () => {
  const shape = ['--size', '8', '--width', '4', '--batch', '2']
  const { result } = bench<KernelResult>('kernels', '--schemes', 'quad-8x16x4,register-8x4', ...shape)
  expect(result.rows.some(({ work }) => work.startsWith('forward 2x8x8x3>4x4x4 7x7'))).toBe(true)
  for (const { gflops } of result.rows) {
    expect(Object.keys(gflops)).toEqual(expect.arrayContaining(['register-8x4', 'stock']))
    for (const rate of Object.values(gflops)) expect(rate).toBeGreaterThan(0)
  }
}, 300_000)

it('the benchmark of reductions times every program of a step besides convolutions', () => {
  const { result, stdout } = bench<ReductionResult>('reductions', '--size', '8', '--width', '4', '--batch', '2')
  const [moments] = result.rows.filter(({ program }) => program.startsWith('batch-norm-moments'))
  // x [2, 4, 4, 4], and a sum and squares of each channel.
  expect(moments).toMatchObject({ shape: [2, 4, 4, 4], bytes: 4 * (128 + 8) })
  for (const { program, seconds } of result.rows) {
    expect(program).not.toMatch(/^conv/)
    expect(seconds).toBeGreaterThan(0)
  }
  expect(stdout).toMatch(/batch-norm-gradient-apply +17/)
}, 240_000)
