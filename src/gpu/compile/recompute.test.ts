import { describe, expect, it } from 'vitest'
import { stream } from '../../random.ts'
import { type Item, planMemory } from './memory-plan.ts'
import { type Candidate, recompute, type Schedule } from './recompute.ts'

const options = { alignment: 4, largestArena: 2 ** 30 }
const inner = (size: number): Item => ({ size, external: false })
const outer: Item = { size: 8, external: true }

interface Step {
  readonly commands: Candidate[]
  readonly items: Item[]
}

/** The values of external buffers at the end. Every command writes a hash of the texts that it reads. */
function results({ items }: Step, { entries, origins }: Schedule): (string | undefined)[] {
  const memory = new Map(origins.map((_, b) => [b, `start ${b}`]))
  for (const { source, reads, writes } of entries) {
    const seen = reads.map((b) => memory.get(b))
    for (const [i, b] of writes.entries()) memory.set(b, hash(`${source}(${seen.join()})${i}`))
  }
  return items.flatMap(({ external }, b) => (external ? [memory.get(b)] : []))
}

/** Texts would grow with every command. */
function hash(text: string): string {
  let h = 5381
  for (let i = 0; i < text.length; i++) h = (h * 33 + text.charCodeAt(i)) % 2 ** 46
  return String(h)
}

const asWritten = ({ commands, items }: Step): Schedule => ({
  entries: commands.map((command, source) => ({ ...command, source })),
  origins: items.map((_, b) => b),
})

/** The plan's bytes with and without recomputation. */
function liveBytes(step: Step): { kept: number; recomputed: number; added: number } {
  const { entries, origins } = recompute(step.commands, step.items)
  const plain = planMemory(step.commands, step.items, options)
  const plan = planMemory(
    entries,
    origins.map((b) => step.items[b]),
    options,
  )
  return { kept: plain.liveBytes, recomputed: plan.liveBytes, added: plan.order.length - plain.order.length }
}

/**
 * Residual blocks as in training: a convolution makes x, a cheap normalization makes y from x (and from the block's input at its
 * end), and the backward pass reads x and y of every layer in reverse. A weight of each layer is updated at once.
 */
function residual(blocks: number, layers: number, size: number): Step {
  const items: Item[] = [outer]
  const commands: Candidate[] = []
  const add = (item: Item) => items.push(item) - 1
  const run = (reads: number[], item: Item, recomputable = false) => {
    const made = add(item)
    commands.push({ reads, writes: [made], recomputable })
    return made
  }
  const tape: { input: number; x: number; y: number; w: number }[] = []
  let y = 0
  for (let block = 0; block < blocks; block++) {
    const skip = y
    for (let layer = 0; layer < layers; layer++) {
      const [input, w] = [y, add(outer)]
      const x = run([input, w], inner(size))
      y = run([x, w, ...(layer === layers - 1 ? [skip] : [])], inner(size), true)
      tape.push({ input, x, y, w })
    }
  }
  let gradient = run([y], inner(size))
  for (const { input, x, y: out, w } of tape.reverse()) {
    const behind = run([gradient, x, out], inner(size))
    const byWeight = run([behind, input], inner(4))
    const next = run([behind, w], inner(size))
    commands.push({ reads: [byWeight], writes: [w], recomputable: false })
    gradient = next
  }
  commands.push({ reads: [gradient], writes: [add(outer)], recomputable: false })
  return { commands, items }
}

function random(seed: number): Step {
  const { integer } = stream(seed, 'recompute')
  const items: Item[] = Array.from({ length: 4 }, () => outer)
  const commands: Candidate[] = []
  for (let c = 0; c < 80; c++) {
    // Reads of early buffers leave gaps, as a backward pass does.
    const recent = () => Math.max(0, items.length - 1 - integer(4))
    const reads = [...new Set([recent(), integer(items.length), integer(items.length)])]
    const target = integer(5) > 0 ? items.push(inner(4 * (1 + integer(64)))) - 1 : integer(items.length)
    commands.push({ reads: reads.filter((b) => b !== target), writes: [target], recomputable: integer(2) > 0 })
  }
  return { commands, items }
}

describe('recomputation', () => {
  it.each(Array.from({ length: 60 }, (_, i) => i))(
    'computes what the commands compute, in no more memory (%i)',
    (seed) => {
      const step = random(seed)
      const schedule = recompute(step.commands, step.items)
      expect(results(step, schedule)).toEqual(results(step, asWritten(step)))
      // The planner may order and share: that is tested beside it, and must not lose anything here.
      const { order } = planMemory(
        schedule.entries,
        schedule.origins.map((b) => step.items[b]),
        options,
      )
      const planned = { ...schedule, entries: order.map((c) => schedule.entries[c]) }
      expect(results(step, planned)).toEqual(results(step, asWritten(step)))
      const { kept, recomputed } = liveBytes(step)
      expect(recomputed).toBeLessThanOrEqual(kept)
    },
  )

  it('lowers the memory of random commands in many cases, so that the test above tests something', () => {
    const lower = Array.from({ length: 60 }, (_, i) => liveBytes(random(i))).filter(
      ({ kept, recomputed }) => recomputed < kept,
    )
    expect(lower.length).toBeGreaterThan(15)
  })

  it('keeps the results of convolutions alone', () => {
    const step = residual(1, 12, 1000)
    const { kept, recomputed, added } = liveBytes(step)
    // 12 x and 12 y, and a gradient; then 12 x and a few of the others.
    expect(kept).toBeGreaterThan(24 * 1000)
    expect(recomputed).toBeLessThan(17 * 1000)
    expect(added).toBeLessThanOrEqual(12)
    expect(results(step, recompute(step.commands, step.items))).toEqual(results(step, asWritten(step)))
  })

  it('computes the end of a block again before the block that follows needs it, through the blocks before', () => {
    const step = residual(6, 3, 1000)
    const { kept, recomputed, added } = liveBytes(step)
    expect(kept).toBeGreaterThan(36 * 1000)
    expect(recomputed).toBeLessThan(0.7 * kept)
    // 18 y: one may be computed a third time.
    expect(added).toBeLessThan(24)
  })

  it('lowers several equal peaks, as of micro-batches', () => {
    const one = residual(1, 6, 1000)
    const shift = one.items.length
    const moved = (b: number) => b + shift
    const second = one.commands.map((c) => ({ ...c, reads: c.reads.map(moved), writes: c.writes.map(moved) }))
    const both = { commands: [...one.commands, ...second], items: [...one.items, ...one.items] }
    expect(liveBytes(both).recomputed).toBe(liveBytes(one).recomputed)
  })

  it('does not compute again what would have another value, and adds nothing where nothing helps', () => {
    // The weight w changes between the two readers of y.
    const items = [outer, outer, inner(100), inner(900), inner(900), outer]
    const [w, x, y, a, b, result] = [0, 1, 2, 3, 4, 5]
    const command = (reads: number[], writes: number[], recomputable = false) => ({ reads, writes, recomputable })
    const commands = [
      command([x, w], [y], true),
      command([y], [w]),
      command([x], [a]),
      command([a], [b]),
      command([y, b], [result]),
    ]
    expect(recompute(commands, items).entries).toHaveLength(5)
    const without = commands.map((one, i) => (i === 1 ? command([y], [result]) : one))
    expect(recompute(without, items).entries).toHaveLength(6)
  })
})
