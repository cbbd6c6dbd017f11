/**
 * Plans the memory of intermediates: from what each command reads and writes to an order of the commands and a place in a few
 * large buffers (arenas) for everything that lives only within a step. Plain numbers, independent of a GPU.
 */

export interface Access {
  readonly reads: readonly number[]
  readonly writes: readonly number[]
}

/** A buffer of the step. External buffers (inputs, state, constants, outputs) have their own memory and outlive the step. */
export interface Item {
  readonly size: number
  readonly external: boolean
}

export interface Place {
  readonly arena: number
  readonly offset: number
}

export interface MemoryPlan {
  /** The commands to run, in this order, without those whose results are unused. */
  readonly order: readonly number[]
  /** By buffer; null for external and unused ones. */
  readonly places: readonly (Place | null)[]
  /** Bytes of each arena. */
  readonly arenas: readonly number[]
  /** Sum of all intermediates: the bytes without reuse. */
  readonly unplannedBytes: number
  readonly plannedBytes: number
  /** The most bytes that are live at one time in this order: the minimum of any plan. */
  readonly liveBytes: number
}

export interface PlanOptions {
  /** Offsets within a buffer are multiples of this. */
  readonly alignment: number
  /** Most bytes of one buffer. */
  readonly largestArena: number
  /** Takes the first layout, which is slightly larger than the best and found in a twentieth of the time. */
  readonly quick?: boolean
}

/** Commands whose results reach an external buffer, directly or through others. */
function needed(commands: readonly Access[], items: readonly Item[]): number[] {
  const wanted = new Set<number>()
  const live: number[] = []
  for (let c = commands.length - 1; c >= 0; c--) {
    const { reads, writes } = commands[c]
    if (!writes.some((b) => items[b].external || wanted.has(b))) continue
    live.push(c)
    for (const b of [...reads, ...writes]) wanted.add(b)
  }
  return live.reverse()
}

/** By command: the number of earlier commands that it waits for, and the later ones that wait for it. */
function dependencies(commands: readonly Access[], order: readonly number[]) {
  const waits = new Map<number, number>()
  const followers = new Map<number, Set<number>>()
  const writer = new Map<number, number>()
  const readers = new Map<number, number[]>()
  for (const c of order) {
    const before = new Set<number>()
    const { reads, writes } = commands[c]
    for (const b of reads) before.add(writer.get(b) ?? c)
    for (const b of writes) {
      before.add(writer.get(b) ?? c)
      for (const r of readers.get(b) ?? []) before.add(r)
      writer.set(b, c)
      readers.set(b, [])
    }
    for (const b of reads) readers.set(b, [...(readers.get(b) ?? []), c])
    before.delete(c)
    waits.set(c, before.size)
    followers.set(c, new Set())
    for (const b of before) followers.get(b)?.add(c)
  }
  return { waits, followers }
}

/**
 * Moves commands that only free memory (they begin no intermediate and are the last to use one) to the earliest place at which
 * everything that they wait for is done. An optimizer's update then follows its gradient immediately, so that the gradients of
 * all parameters are not live together.
 */
function reordered(commands: readonly Access[], items: readonly Item[], order: readonly number[]): number[] {
  const { waits, followers } = dependencies(commands, order)
  const uses = new Map<number, number>()
  const touched = (c: number) =>
    new Set([...commands[c].reads, ...commands[c].writes].filter((b) => !items[b].external))
  for (const c of order) for (const b of touched(c)) uses.set(b, (uses.get(b) ?? 0) + 1)
  const begun = new Set<number>()
  const done = new Set<number>()
  const result: number[] = []
  const frees = (c: number) =>
    commands[c].writes.every((b) => items[b].external || begun.has(b)) && [...touched(c)].some((b) => uses.get(b) === 1)
  const ready: number[] = []
  const emit = (c: number) => {
    done.add(c)
    result.push(c)
    for (const b of touched(c)) {
      begun.add(b)
      uses.set(b, (uses.get(b) as number) - 1)
    }
    for (const f of followers.get(c) ?? []) {
      const left = (waits.get(f) as number) - 1
      waits.set(f, left)
      if (left === 0 && !done.has(f)) ready.push(f)
    }
  }
  for (const c of order) {
    if (!done.has(c)) emit(c)
    for (let i = 0; i < ready.length; ) {
      const next = ready[i]
      if (done.has(next)) ready.splice(i, 1)
      else if (frees(next)) {
        ready.splice(i, 1)
        emit(next)
        i = 0
      } else i++
    }
  }
  return result
}

interface Lifetime {
  readonly buffer: number
  readonly size: number
  readonly first: number
  last: number
}

function lifetimes(commands: readonly Access[], items: readonly Item[], order: readonly number[]): Lifetime[] {
  const found = new Map<number, Lifetime>()
  for (const [at, c] of order.entries()) {
    for (const b of [...commands[c].reads, ...commands[c].writes]) {
      if (items[b].external) continue
      const known = found.get(b)
      if (known) known.last = at
      else found.set(b, { buffer: b, size: items[b].size, first: at, last: at })
    }
  }
  return [...found.values()]
}

/** Pairs that may not share an arena, because a command reads one of them and writes the other. */
function conflicts(commands: readonly Access[], order: readonly number[]): Map<number, Set<number>> {
  const found = new Map<number, Set<number>>()
  const add = (a: number, b: number) => found.set(a, (found.get(a) ?? new Set()).add(b))
  for (const c of order) {
    for (const w of commands[c].writes) {
      for (const r of commands[c].reads) {
        if (r === w) continue
        add(r, w)
        add(w, r)
      }
    }
  }
  return found
}

function mostLive(lives: readonly Lifetime[], length: number): number {
  const change = new Float64Array(length + 1)
  for (const { size, first, last } of lives) {
    change[first] += size
    change[last + 1] -= size
  }
  let now = 0
  return change.reduce((most, by) => {
    now += by
    return Math.max(most, now)
  }, 0)
}

interface Placed extends Lifetime {
  readonly offset: number
  readonly end: number
}

/** The lowest offset in an arena that is free during a lifetime. `placed` is sorted by offset. */
function lowestFree(placed: readonly Placed[], { first, last }: Lifetime, size: number): number {
  let offset = 0
  for (const other of placed) {
    if (other.last < first || other.first > last) continue
    if (other.offset - offset >= size) break
    offset = Math.max(offset, other.end)
  }
  return offset
}

interface Layout {
  readonly places: Map<number, Place>
  readonly arenas: number[]
  readonly bytes: number
}

/** Places each lifetime where the arenas grow least; opens at most `count` arenas unless conflicts require more. */
function layOut(
  lives: readonly Lifetime[],
  apart: ReadonlyMap<number, ReadonlySet<number>>,
  count: number,
  { alignment, largestArena }: PlanOptions,
): Layout {
  const contents: Placed[][] = []
  const arenas: number[] = []
  const places = new Map<number, Place>()
  for (const life of lives) {
    const size = Math.ceil(life.size / alignment) * alignment
    const barred = new Set([...(apart.get(life.buffer) ?? [])].map((b) => places.get(b)?.arena))
    let best: { arena: number; offset: number; growth: number } | null = null
    for (let arena = 0; arena < arenas.length; arena++) {
      if (barred.has(arena)) continue
      const offset = lowestFree(contents[arena], life, size)
      if (offset + size > largestArena) continue
      const growth = Math.max(0, offset + size - arenas[arena])
      if (!best || growth < best.growth) best = { arena, offset, growth }
    }
    if (!best || (best.growth > 0 && arenas.length < count)) {
      best = { arena: arenas.push(0) - 1, offset: 0, growth: size }
      contents.push([])
    }
    const { arena, offset } = best
    arenas[arena] = Math.max(arenas[arena], offset + size)
    const row = contents[arena]
    const at = row.findIndex((other) => other.offset > offset)
    row.splice(at < 0 ? row.length : at, 0, { ...life, offset, end: offset + size })
    places.set(life.buffer, { arena, offset })
  }
  return { places, arenas, bytes: arenas.reduce((a, b) => a + b, 0) }
}

const orders: readonly ((a: Lifetime, b: Lifetime) => number)[] = [
  (a, b) => b.size - a.size || a.first - b.first,
  (a, b) => b.size * (b.last - b.first + 1) - a.size * (a.last - a.first + 1) || a.first - b.first,
  (a, b) => b.last - b.first - (a.last - a.first) || b.size - a.size,
  (a, b) => a.first - b.first || b.size - a.size,
]

/** The smallest of several greedy layouts, which differ in order and in the number of arenas. */
function bestLayout(commands: readonly Access[], order: readonly number[], lives: Lifetime[], options: PlanOptions) {
  const apart = conflicts(commands, order)
  let best: Layout | null = null
  for (const compare of options.quick ? orders.slice(0, 1) : orders) {
    const sorted = [...lives].sort(compare)
    for (const count of options.quick ? [4] : [2, 3, 4, 6, 8]) {
      const layout = layOut(sorted, apart, count, options)
      if (!best || layout.bytes < best.bytes) best = layout
    }
  }
  return best as Layout
}

/** The order of the commands that are needed. */
export const orderOf = (commands: readonly Access[], items: readonly Item[]): number[] =>
  reordered(commands, items, needed(commands, items))

/** Orders commands and places intermediates. One that is larger than `largestArena` gets an arena of its own size. */
export function planMemory(commands: readonly Access[], items: readonly Item[], options: PlanOptions): MemoryPlan {
  const order = orderOf(commands, items)
  const lives = lifetimes(commands, items, order)
  const { places, arenas, bytes } = bestLayout(commands, order, lives, options)
  return {
    order,
    places: items.map((_, b) => places.get(b) ?? null),
    arenas,
    unplannedBytes: lives.reduce((sum, { size }) => sum + size, 0),
    plannedBytes: bytes,
    liveBytes: mostLive(lives, order.length),
  }
}
