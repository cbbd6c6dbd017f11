import { describe, expect, it } from 'vitest'
import { stream } from '../../random.ts'
import { type Candidate, fusionsOf } from './fuse.ts'
import type { Item } from './memory-plan.ts'

const inner: Item = { size: 4, external: false }
const outer: Item = { size: 4, external: true }

const producer = (reads: number[], result: number): Candidate => ({
  reads,
  writes: [result],
  operands: null,
  extensible: true,
})
const addition = (a: number, b: number, sum: number): Candidate => ({
  reads: [a, b],
  writes: [sum],
  operands: [a, b],
  extensible: false,
})
const other = (reads: number[], writes: number[]): Candidate => ({ reads, writes, operands: null, extensible: false })

describe('the sums that an operand’s program computes', () => {
  // Buffers: 0 is external, 1 and 2 are operands, 3 their sum.
  const items = [outer, inner, inner, inner, inner]
  const skip = other([0], [1])
  const convolution = producer([0], 2)
  const end = other([3], [0])

  it('are found for either operand, and for the later one of two', () => {
    const fusion = { producer: 1, addition: 2, addend: 1 }
    expect(fusionsOf([skip, convolution, addition(1, 2, 3), end], items)).toEqual([fusion])
    expect(fusionsOf([skip, convolution, addition(2, 1, 3), end], items)).toEqual([fusion])
    expect(fusionsOf([producer([0], 1), convolution, addition(1, 2, 3), end], items)).toEqual([fusion])
    expect(fusionsOf([convolution, addition(0, 2, 3), end], items)).toEqual([{ producer: 0, addition: 1, addend: 0 }])
  })

  it.each<[string, Candidate[], Item[]]>([
    ['another command reads the operand', [skip, convolution, addition(1, 2, 3), other([2], [0]), end], items],
    ['another command reads the operand before', [skip, convolution, other([2], [4]), addition(1, 2, 3), end], items],
    ['two commands write the operand', [skip, other([0], [2]), producer([0], 2), addition(1, 2, 3), end], items],
    ['the operand outlives the step', [skip, convolution, addition(1, 2, 3)], [outer, inner, outer, inner]],
    ['the other operand comes later', [convolution, skip, addition(1, 2, 3), end], items],
    ['the sum’s buffer is in use until then', [skip, other([0], [3]), convolution, end, addition(1, 2, 3), end], items],
    ['both operands are one buffer', [convolution, addition(2, 2, 3), end], items],
    ['the operand’s program cannot add', [skip, other([0], [2]), addition(1, 2, 3), end], items],
  ])('are not found where %s', (_, commands, all) => {
    expect(fusionsOf(commands, all)).toEqual([])
  })
})

/** The values of external buffers after the commands; each value is a text of what it was computed from. */
function results(commands: readonly Candidate[], items: readonly Item[]): string[] {
  const memory = items.map((_, b) => `start ${b}`)
  for (const { reads, writes, operands } of commands) {
    const seen = operands ? [...operands.map((b) => memory[b])].sort().join('+') : reads.map((b) => memory[b]).join()
    for (const b of writes) memory[b] = operands ? `(${seen})` : `f(${seen})`
  }
  return memory.filter((_, b) => items[b].external)
}

/** The values where fused commands run as the fusions say. */
function fusedResults(commands: readonly Candidate[], items: readonly Item[]): string[] {
  const memory = items.map((_, b) => `start ${b}`)
  const fusions = fusionsOf(commands, items)
  for (const [c, { reads, writes, operands }] of commands.entries()) {
    if (fusions.some((fusion) => fusion.addition === c)) continue
    const fusion = fusions.find((f) => f.producer === c)
    const own = operands
      ? `(${operands
          .map((b) => memory[b])
          .sort()
          .join('+')})`
      : `f(${reads.map((b) => memory[b]).join()})`
    if (!fusion) for (const b of writes) memory[b] = own
    else memory[commands[fusion.addition].writes[0]] = `(${[own, memory[fusion.addend]].sort().join('+')})`
  }
  return memory.filter((_, b) => items[b].external)
}

it('fusions change no result of random steps', () => {
  const random = stream(7, 'fuse')
  let found = 0
  for (let n = 0; n < 2000; n++) {
    const items = Array.from({ length: 12 }, (_, b) => (b < 3 ? outer : inner))
    const any = () => Math.floor(random.uniform() * items.length)
    const apart = (...from: number[]) => {
      let b = any()
      while (from.includes(b)) b = any()
      return b
    }
    const commands = Array.from({ length: 10 }, (): Candidate => {
      const [a, b] = [any(), any()]
      const to = apart(a, b)
      const kind = random.uniform()
      return kind < 0.4 ? producer([a], to) : kind < 0.8 ? addition(a, b, to) : other([a], [to])
    })
    found += fusionsOf(commands, items).length
    expect(fusedResults(commands, items)).toEqual(results(commands, items))
  }
  expect(found).toBeGreaterThan(50)
})
