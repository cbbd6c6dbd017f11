import { describe, expect, it } from 'vitest'
import { stream } from '../../random.ts'
import { type Access, type Item, planMemory } from './memory-plan.ts'

const options = { alignment: 4, largestArena: 2 ** 30 }
const inner = (size: number): Item => ({ size, external: false })
const outer: Item = { size: 8, external: true }

/** A chain of layers as in training: forward, then backward in reverse; an update consumes each gradient. */
function training(layers: number, size: number) {
  const items: Item[] = [outer]
  const commands: Access[] = []
  const add = (item: Item) => items.push(item) - 1
  const weights = Array.from({ length: layers }, () => add(outer))
  const activations = [0]
  for (const w of weights) {
    const y = add(inner(size))
    commands.push({ reads: [activations.at(-1) as number, w], writes: [y] })
    activations.push(y)
  }
  let gradient = add(inner(size))
  commands.push({ reads: [activations.at(-1) as number], writes: [gradient] })
  const updates: Access[] = []
  for (const [i, w] of [...weights.entries()].reverse()) {
    const byWeight = add(inner(size))
    commands.push({ reads: [gradient, activations[i]], writes: [byWeight] })
    updates.push({ reads: [byWeight], writes: [w] })
    const next = add(inner(size))
    commands.push({ reads: [gradient, w], writes: [next] })
    gradient = next
  }
  const result = add(outer)
  return { commands: [...commands, ...updates, { reads: [gradient], writes: [result] }], items, updates }
}

/**
 * Replays a plan on text. Every command writes a hash of the texts that it reads, so that reusing memory too early
 * changes the result.
 */
function replayed(
  commands: readonly Access[],
  items: readonly Item[],
  order: readonly number[],
  placeOf: (b: number) => string,
) {
  const memory = new Map<string, string>()
  for (const [b, { external }] of items.entries()) if (external) memory.set(placeOf(b), `start ${b}`)
  for (const c of order) {
    const { reads, writes } = commands[c]
    const seen = reads.map((b) => memory.get(placeOf(b)))
    for (const w of writes) memory.set(placeOf(w), `${c}(${seen.join()})${w}`)
  }
  return items.flatMap(({ external }, b) => (external ? [memory.get(placeOf(b))] : []))
}

function random(seed: number) {
  const { integer } = stream(seed, 'plan')
  const items: Item[] = Array.from({ length: 4 }, () => outer)
  const commands: Access[] = []
  for (let c = 0; c < 60; c++) {
    const reads = [...new Set(Array.from({ length: 1 + integer(3) }, () => integer(items.length)))]
    const fresh = integer(4) > 0
    const target = fresh ? items.push(inner(4 * (1 + integer(64)))) - 1 : integer(items.length)
    commands.push({ reads: reads.filter((r) => r !== target), writes: [target] })
  }
  return { commands, items }
}

describe('a memory plan', () => {
  it('updates weights as soon as their gradients are computed', () => {
    const { commands, items, updates } = training(10, 1000)
    const { order, liveBytes, unplannedBytes, plannedBytes } = planMemory(commands, items, options)
    expect(order).toHaveLength(commands.length)
    expect(unplannedBytes).toBe(31 * 1000)
    // Ten activations and a gradient are live at first. Each step frees an activation and adds a gradient.
    expect(liveBytes).toBe(11 * 1000)
    expect(plannedBytes).toBeLessThanOrEqual(1.1 * liveBytes)
    const first = order.indexOf(commands.indexOf(updates[0]))
    expect(first).toBeLessThan(order.length - 15)
  })

  it('omits commands whose results are unused', () => {
    const items = [outer, inner(4), inner(4), outer]
    const commands = [
      { reads: [0], writes: [1] },
      { reads: [0], writes: [2] },
      { reads: [1], writes: [3] },
    ]
    const { order, places } = planMemory(commands, items, options)
    expect(order).toEqual([0, 2])
    expect(places.map((p) => p !== null)).toEqual([false, true, false, false])
  })

  it.each(Array.from({ length: 40 }, (_, i) => i))(
    'computes the same as the commands in their own memory (%i)',
    (seed) => {
      const { commands, items } = random(seed)
      const { order, places, arenas, plannedBytes, liveBytes } = planMemory(commands, items, options)
      expect(arenas.reduce((a, b) => a + b, 0)).toBe(plannedBytes)
      expect(plannedBytes).toBeGreaterThanOrEqual(liveBytes)
      // With a separate memory cell for every buffer, both orders have the same results.
      const own = (b: number) => `own ${b}`
      const all = commands.map((_, c) => c)
      expect(replayed(commands, items, order, own)).toEqual(replayed(commands, items, all, own))
      const at = new Map(order.map((c, i) => [c, i]))
      const span = (b: number) => {
        const uses = commands.flatMap(({ reads, writes }, c) =>
          at.has(c) && [...reads, ...writes].includes(b) ? [at.get(c) as number] : [],
        )
        return [Math.min(...uses), Math.max(...uses)]
      }
      for (const [a, p] of places.entries()) {
        for (const [b, q] of places.entries()) {
          if (!p || !q || a >= b || p.arena !== q.arena) continue
          const [[a0, a1], [b0, b1]] = [span(a), span(b)]
          const together = a0 <= b1 && b0 <= a1
          const apart = p.offset + items[a].size <= q.offset || q.offset + items[b].size <= p.offset
          expect(apart || !together, `buffers ${a} and ${b}`).toBe(true)
          for (const c of order) {
            const { reads, writes } = commands[c]
            expect((reads.includes(a) && writes.includes(b)) || (reads.includes(b) && writes.includes(a))).toBe(false)
          }
        }
        if (p) expect(p.offset + items[a].size).toBeLessThanOrEqual(arenas[p.arena])
      }
    },
  )

  it('keeps every arena below the largest buffer, in as many arenas as that takes', () => {
    const { commands, items } = training(10, 1000)
    const { arenas } = planMemory(commands, items, { alignment: 4, largestArena: 2500 })
    expect(Math.max(...arenas)).toBeLessThanOrEqual(2500)
    expect(arenas.length).toBeGreaterThan(3)
  })

  it('places several intermediates in one arena', () => {
    const { commands, items } = training(10, 1000)
    const { arenas } = planMemory(commands, items, { alignment: 4, largestArena: 2 ** 30 })
    expect(Math.max(...arenas)).toBeGreaterThan(1000)
  })
})
