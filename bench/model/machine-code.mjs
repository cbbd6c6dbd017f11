/** Reads the machine code of a convolution: the output of RADV with RADV_DEBUG=shaders,shaderstats, or of nvdisasm. */

const empty = () => ({ fma: 0, vector: 0, rest: 0, spills: 0, wide: 0, narrow: 0, reads: 0 })

/** What one operation counts as; AMD's. The first product of a sum is a multiplication. */
function amdKind(op) {
  if (/^v_(fma|fmac|mac|mad_f32|mul_f32)/.test(op)) return { fma: 1 }
  if (op.startsWith('v_')) return { vector: 1 }
  if (/^(buffer|global|flat)_load_/.test(op)) return { rest: 1, [/(x4|b128)$/.test(op) ? 'wide' : 'narrow']: 1 }
  if (op.startsWith('scratch_')) return { rest: 1, spills: 1 }
  if (/^ds_(read|load)/.test(op)) return { rest: 1, reads: 1 }
  return { rest: 1 }
}

/** Instructions of NVIDIA that are neither for numbers nor for addresses of a thread. */
const nvidiaRest =
  /^(LDS|STS|STG|BAR|BRA|BSSY|BSYNC|EXIT|CALL|RET|BREAK|ULDC|UIADD|ULEA|UMOV|ULOP|USHF|UISETP|UIMAD|USEL|UPLOP|S2UR|R2UR|UP)/

function nvidiaKind(op) {
  if (op.startsWith('FFMA')) return { fma: 1 }
  if (op.startsWith('NOP')) return {}
  if (op.startsWith('LDG')) return { rest: 1, [op.includes('.128') ? 'wide' : 'narrow']: 1 }
  if (/^(LDL|STL)/.test(op)) return { rest: 1, spills: 1 }
  if (op.startsWith('LDS')) return { rest: 1, reads: 1 }
  return nvidiaRest.test(op) ? { rest: 1 } : { vector: 1 }
}

/** Operations with their jump targets, and the places of labels. */
function parsed(text, label, instruction) {
  const labels = {}
  const operations = []
  for (const line of text.split('\n')) {
    const name = label.exec(line)?.[1]
    if (name) labels[name] = operations.length
    const found = instruction.exec(line)
    if (found) operations.push({ op: found[1], args: found[2] })
  }
  return { labels, operations }
}

/** From each backward jump's target to the last jump to it, both included. */
function loopsOf({ labels, operations }, jump, target) {
  const ends = new Map()
  for (const [i, { op, args }] of operations.entries()) {
    const start = jump.test(op) ? labels[target.exec(args)?.[1]] : undefined
    if (start !== undefined && start < i) ends.set(start, i)
  }
  return [...ends].map(([start, end]) => ({ start, end }))
}

const formats = {
  amd: {
    code: (text) => text.slice(text.indexOf('disasm:'), text.indexOf('*** SHADER STATS')),
    label: /^(BB\d+):/,
    instruction: /^\s+([a-z_0-9]+)(.*?)(?:;.*)?$/,
    jump: /^s_c?branch/,
    target: /(BB\d+)/,
    kind: amdKind,
    registers: /^VGPRs: (\d+)/m,
    spilled: /^Spilled VGPRs: (\d+)/m,
  },
  nvidia: {
    code: (text) => text,
    label: /^(\.L_x_\d+):/,
    instruction: /^\s+\/\*[0-9a-f]{4,5}\*\/\s+(?:@!?U?P(?:\d+|T)\s+)?([A-Z0-9_.]+)\s*(.*?);/,
    jump: /^BRA/,
    target: /(\.L_x_\d+)/,
    kind: nvidiaKind,
    registers: /SHI_REGISTERS=(\d+)/,
    spilled: null,
  },
}

function counted(operations, kind) {
  const total = empty()
  for (const { op } of operations) for (const [name, count] of Object.entries(kind(op))) total[name] += count
  return total
}

const plus = (a, b, times = 1) =>
  Object.fromEntries(Object.keys(a).map((name) => [name, Math.round(a[name] + times * b[name])]))

const contains = (outer, inner) => outer.start <= inner.start && outer.end >= inner.end

/** The innermost loop with most FMAs and the loops around it, outwards. Others belong to what happens to the result. */
function loopsAround(loops) {
  const innermost = loops.filter((loop) => !loops.some((other) => other !== loop && contains(loop, other)))
  const [first, ...others] = innermost
  const main = others.reduce((most, loop) => (loop.mix.fma > most.mix.fma ? loop : most), first)
  return loops.filter((loop) => contains(loop, main))
}

/** The fewest FMAs of a loop that multiplies. */
const fewest = 16

/**
 * Counts of a kernel whose threads do `fma` FMAs at each pair of panels: at a pair of panels, around the panels of a sum, and once.
 * An inner loop over a part of the depth counts as often as it runs. Both ways of a condition count.
 */
export function mixOf(text, vendor, fma) {
  const { code, label, instruction, jump, target, kind, registers, spilled } = formats[vendor]
  const listing = parsed(code(text), label, instruction)
  const loops = loopsOf(listing, jump, target)
    .map(({ start, end }) => ({ start, end, mix: counted(listing.operations.slice(start, end + 1), kind) }))
    .filter(({ mix }) => mix.fma >= fewest)
    .sort((a, b) => a.end - a.start - (b.end - b.start))
  const nest = loopsAround(loops).map(({ mix }) => mix)
  const whole = counted(listing.operations, kind)
  if (nest.length === 0) throw new Error('found no loop that multiplies')
  const turns = fma / nest[0].fma
  const unrolled = turns <= 1
  const panel = unrolled ? plus(empty(), nest[0], turns) : plus(nest[1], nest[0], turns - 1)
  if (panel.fma !== fma || (!unrolled && turns % 1 !== 0))
    throw new Error(`found ${nest.map((loop) => loop.fma).join(', ')} FMAs in loops; a pair of panels has ${fma}`)
  const panels = nest[unrolled ? 0 : 1]
  const around = nest[unrolled ? 1 : 2] ?? panels
  const mix = (one) => ({ vector: one.vector, rest: one.rest })
  const outside = (one) => mix({ ...one, vector: one.vector + one.fma })
  return {
    panel: { fma, ...mix(panel) },
    sum: outside(plus(around, panels, -1)),
    once: outside(plus(whole, around, -1)),
    registers: Number(registers.exec(text)?.[1]),
    spills: whole.spills + Number(spilled?.exec(text)?.[1] ?? 0),
    loads: { wide: panel.wide, narrow: panel.narrow },
    reads: panel.reads,
  }
}
