/**
 * Activation recomputation (Chen et al. 2016): a cheap intermediate that is live when most bytes are is computed again shortly
 * before its late readers, so that its first copy can be freed early. Plain numbers, independent of a GPU.
 *
 * The same program reads the same values in both places, so results keep their bytes.
 */
import { type Access, type Item, orderOf } from './memory-plan.ts'

/** A command. `recomputable`: it is cheap, and what it writes depends on what it reads alone. */
export interface Candidate extends Access {
  readonly recomputable: boolean
}

/** A command of the schedule: that of `source`, with other buffers in the same places. */
interface Entry {
  readonly source: number
  readonly reads: readonly number[]
  readonly writes: readonly number[]
}

export interface Schedule {
  readonly entries: readonly Entry[]
  /** By buffer, those of copies included: the buffer whose value it has. */
  readonly origins: readonly number[]
}

interface Plan {
  readonly commands: readonly Candidate[]
  readonly items: readonly Item[]
  entries: Entry[]
  readonly origins: number[]
  /** Commands that may still be added. */
  left: number
}

/** Most commands that freeing one intermediate may add. */
const mostAdded = 4

const isInner = ({ items, origins }: Plan, b: number) => !items[origins[b]].external

const writersOf = ({ entries }: Plan, b: number): number[] =>
  entries.flatMap(({ writes }, at) => (writes.includes(b) ? [at] : []))

const lastUse = ({ entries }: Plan, b: number): number =>
  entries.findLastIndex(({ reads, writes }) => reads.includes(b) || writes.includes(b))

/** Buffers with the value of `b`, by their first command. Buffers that several commands write are left out. */
function versionsOf(plan: Plan, b: number): { buffer: number; first: number; last: number }[] {
  const origin = plan.origins[b]
  return plan.origins.flatMap((one, buffer) => {
    if (one !== origin) return []
    const [first, ...others] = writersOf(plan, buffer)
    return first === undefined || others.length > 0 ? [] : [{ buffer, first, last: lastUse(plan, buffer) }]
  })
}

/** A buffer that has the value of `b` before the entry `at`, after changes of the plan where necessary; null if none can. */
function valueBefore(plan: Plan, b: number, at: Entry): number | null {
  const position = plan.entries.indexOf(at)
  const versions = versionsOf(plan, b)
  const live = versions.find(({ first, last }) => first < position && last >= position)
  if (live) return live.buffer
  const later = versions.filter(({ first }) => first > position).sort((x, y) => x.first - y.first)
  if (later.length > 0) return movedBefore(plan, later[0].buffer, at)
  // A value that is not live any more, and that no program computes again cheaply, lives longer.
  return copiedBefore(plan, b, at) ?? versions[0]?.buffer ?? null
}

/** What the entry that writes a value reads, as it is before the entry `at`; null where that is not possible. */
function readsBefore(plan: Plan, writer: Entry, at: Entry): number[] | null {
  const reads: number[] = []
  for (const b of writer.reads) {
    const found = isInner(plan, b) ? valueBefore(plan, b, at) : unchanged(plan, b, writer, at)
    if (found === null) return null
    reads.push(found)
  }
  return reads
}

/** An external buffer that no entry writes between two entries; else null. */
function unchanged({ entries }: Plan, b: number, from: Entry, to: Entry): number | null {
  const between = entries.slice(entries.indexOf(from) + 1, entries.indexOf(to))
  return between.some(({ writes }) => writes.includes(b)) ? null : b
}

function insert(plan: Plan, entry: Entry, before: Entry): void {
  plan.entries.splice(plan.entries.indexOf(before), 0, entry)
}

/** Moves the entry that writes `b` to an earlier place. */
function movedBefore(plan: Plan, b: number, at: Entry): number | null {
  const writer = plan.entries[writersOf(plan, b)[0]]
  const reads = readsBefore(plan, writer, at)
  if (!reads) return null
  plan.entries = plan.entries.filter((entry) => entry !== writer)
  insert(plan, { ...writer, reads }, at)
  return b
}

/** Computes the value of `b` again, into a new buffer, before the entry `at`; null where that is not possible. */
function copiedBefore(plan: Plan, b: number, at: Entry): number | null {
  const [first, ...others] = writersOf(plan, b)
  const writer = plan.entries[first]
  if (others.length > 0 || !plan.commands[writer.source].recomputable || plan.left === 0) return null
  if (!writer.writes.every((own) => isInner(plan, own))) return null
  plan.left--
  const reads = readsBefore(plan, writer, at)
  if (!reads) return null
  const copies = writer.writes.map((own) => plan.origins.push(plan.origins[own]) - 1)
  insert(plan, { source: writer.source, reads, writes: copies }, at)
  return copies[writer.writes.indexOf(b)]
}

/** Bytes that are live at each entry. */
function profileOf(plan: Plan): Float64Array {
  const { entries, items, origins } = plan
  const spans = new Map<number, { first: number; last: number }>()
  for (const [at, { reads, writes }] of entries.entries()) {
    for (const b of [...reads, ...writes]) {
      const span = spans.get(b)
      if (span) span.last = at
      else spans.set(b, { first: at, last: at })
    }
  }
  const change = new Float64Array(entries.length + 1)
  for (const [b, { first, last }] of spans) {
    if (items[origins[b]].external) continue
    change[first] += items[origins[b]].size
    change[last + 1] -= items[origins[b]].size
  }
  let now = 0
  return change.subarray(0, entries.length).map((by) => {
    now += by
    return now
  })
}

interface Peak {
  readonly bytes: number
  /** The first entry at which they are live, and the number of such entries. */
  readonly at: number
  readonly count: number
}

function peakOf(plan: Plan): Peak {
  const profile = profileOf(plan)
  const bytes = profile.reduce((most, value) => Math.max(most, value), 0)
  return { bytes, at: profile.indexOf(bytes), count: profile.filter((value) => value === bytes).length }
}

/** Intermediates that are idle at `peak` and that a cheap command writes, the largest first. */
function idleAt({ commands, entries, items, origins }: Plan, peak: number): number[] {
  const before = entries.slice(0, peak)
  const later = new Set(entries.slice(peak + 1).flatMap(({ reads }) => reads))
  const busy = new Set([...entries[peak].reads, ...entries[peak].writes])
  const cheap = before.filter(({ source }) => commands[source].recomputable).flatMap(({ writes }) => writes)
  return cheap
    .filter((b) => later.has(b) && !busy.has(b) && !items[origins[b]].external)
    .sort((a, b) => items[origins[b]].size - items[origins[a]].size || a - b)
}

/** The plan in which the readers of `b` after `peak` read a copy; null where none can be made. */
function without(plan: Plan, b: number, peak: number): Plan | null {
  const next: Plan = { ...plan, entries: [...plan.entries], origins: [...plan.origins], left: mostAdded }
  const reader = next.entries.find(({ reads }, at) => at > peak && reads.includes(b)) as Entry
  const copy = copiedBefore(next, b, reader)
  if (copy === null) return null
  const from = next.entries.indexOf(reader)
  next.entries = next.entries.map((entry, at) =>
    at < from ? entry : { ...entry, reads: entry.reads.map((read) => (read === b ? copy : read)) },
  )
  return next
}

const isLower = (a: Peak, b: Peak) => a.bytes < b.bytes || (a.bytes === b.bytes && a.count < b.count)

/** The plan with one intermediate less at its peak; null where no one lowers it. */
function lowered(plan: Plan): Plan | null {
  const peak = peakOf(plan)
  if (peak.bytes === 0) return null
  for (const b of idleAt(plan, peak.at)) {
    const next = without(plan, b, peak.at)
    if (next && isLower(peakOf(next), peak)) return next
  }
  return null
}

/** Orders commands and adds copies of them, so that fewer bytes are live at one time. */
export function recompute(commands: readonly Candidate[], items: readonly Item[]): Schedule {
  const entries = orderOf(commands, items).map((c) => ({ ...commands[c], source: c }))
  let plan: Plan = { commands, items, entries, origins: items.map((_, b) => b), left: mostAdded }
  for (let next = lowered(plan); next; next = lowered(plan)) plan = next
  return {
    entries: plan.entries.map(({ source, reads, writes }) => ({ source, reads, writes })),
    origins: plan.origins,
  }
}
