import { describe, expect, it } from 'vitest'
import { stream } from '../../random.ts'
import { type MomentsCandidate, momentsFusionsOf } from './fuse-moments.ts'
import type { Item } from './memory-plan.ts'

const items = (n: number): Item[] => Array.from({ length: n }, (_, b) => ({ size: 4, external: b < 2 }))
const plain = { withMoments: false, matrix: null, columns: null }
const convolution = (reads: number[], result: number, columns = 8): MomentsCandidate => ({
  ...{ ...plain, reads, writes: [result] },
  ...{ withMoments: true, columns },
})
const moments = (matrix: number, partial: number, columns = 8): MomentsCandidate => ({
  ...{ ...plain, reads: [matrix, 0], writes: [partial] },
  ...{ matrix, columns },
})
const other = (reads: number[], writes: number[]): MomentsCandidate => ({ ...plain, reads, writes })

describe('the moments that a convolution writes itself', () => {
  it('are those of its result, which others may read, too', () => {
    const commands = [
      other([0], [2]),
      convolution([2], 3),
      other([3], [4]),
      moments(3, 5),
      other([3, 5], [1]),
      convolution([1], 3),
      moments(3, 5),
    ]
    expect(momentsFusionsOf(commands, items(6))).toEqual([
      { producer: 1, moments: 3 },
      { producer: 5, moments: 6 },
    ])
  })

  it.each<[string, MomentsCandidate[]]>([
    ['another program computes the result', [other([0], [3]), moments(3, 5)]],
    ['another command writes to the result after it', [convolution([0], 3), other([0], [3]), moments(3, 5)]],
    ['the result comes from outside', [moments(0, 5)]],
    ['they are of a matrix with other columns', [convolution([0], 3), moments(3, 5, 4)]],
    ['their buffer is read until then', [other([0], [5]), convolution([0], 3), other([5], [1]), moments(3, 5)]],
    ['their buffer is written until then', [convolution([0], 3), other([0], [5]), moments(3, 5)]],
    ['the convolution reads their buffer', [other([0], [5]), convolution([5], 3), moments(3, 5)]],
  ])('are not found where %s', (_, commands) => {
    expect(momentsFusionsOf(commands, items(6))).toEqual([])
  })

  it('are written once for two programs of moments', () => {
    const commands = [convolution([0], 3), moments(3, 4), moments(3, 5)]
    expect(momentsFusionsOf(commands, items(6))).toEqual([{ producer: 0, moments: 1 }])
  })
})

/** The values of all buffers after the commands, in which fused ones run as the fusions say. Each is a text of how it was computed. */
function results(commands: readonly MomentsCandidate[], fusions = momentsFusionsOf(commands, items(8))): string[] {
  const memory = items(8).map((_, b) => `start ${b}`)
  for (const [c, { reads, writes, matrix }] of commands.entries()) {
    if (fusions.some((fusion) => fusion.moments === c)) continue
    const value = matrix === null ? `f(${reads.map((b) => memory[b])})` : `moments(${memory[matrix]})`
    for (const b of writes) memory[b] = value
    const own = fusions.find(({ producer }) => producer === c)
    if (own) memory[commands[own.moments].writes[0]] = `moments(${value})`
  }
  return memory
}

it('these fusions change no result of random steps', () => {
  const random = stream(3, 'fuse moments')
  const any = () => Math.floor(random.uniform() * 8)
  const apart = (b: number) => (b + 1 + Math.floor(random.uniform() * 7)) % 8
  let found = 0
  for (let n = 0; n < 2000; n++) {
    const commands = Array.from({ length: 10 }, () => {
      const [from, kind] = [any(), random.uniform()]
      const columns = random.uniform() < 0.8 ? 8 : 4
      if (kind < 0.4) return convolution([from], apart(from), columns)
      return kind < 0.8 ? moments(from, apart(from), columns) : other([from], [apart(from)])
    })
    found += momentsFusionsOf(commands, items(8)).length
    expect(results(commands)).toEqual(results(commands, []))
  }
  expect(found).toBeGreaterThan(300)
})
