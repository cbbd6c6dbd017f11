/** Instructions of the convolutions' machine code, as `count.mjs` counts them. */
import type { MachineCode } from './assumptions.ts'
import stored from './counts.json' with { type: 'json' }

/** Instructions of a thread. */
export interface Mix {
  /** Other vector instructions than FMA; on NVIDIA's GPUs those for numbers and addresses. */
  readonly vector: number
  /** Loads, stores, barriers, jumps and uniform instructions. */
  readonly rest: number
}

export interface Counts {
  /** At each pair of panels. */
  readonly panel: Mix & { readonly fma: number }
  /** Around the panels of each sum of 512 products. */
  readonly sum: Mix
  readonly once: Mix
  /** Cycles of a wave's accesses to workgroup memory at each pair of panels, with bank conflicts. */
  readonly memoryCycles: number
  /** Of the WGSL that was counted. */
  readonly fingerprint: string
}

export interface Found {
  readonly counts: Counts
  /** The program that was counted: the given one, or one that does not have its fused end. */
  readonly key: string
}

/** A row of counts.json; its columns are named there. */
function parsed(row: string): [string, Counts] {
  const [program, code, fingerprint, ...numbers] = row.split(' ')
  const [fma, vector, rest, sumVector, sumRest, onceVector, onceRest, memoryCycles] = numbers.map(Number)
  const counts = {
    panel: { fma, vector, rest },
    sum: { vector: sumVector, rest: sumRest },
    once: { vector: onceVector, rest: onceRest },
    memoryCycles,
    fingerprint,
  }
  return [`${program} ${code}`, counts]
}

const counted: ReadonlyMap<string, Counts> = new Map(stored.rows.map(parsed))

/** Flags in a program's key that change the loop over panels; others change only what happens to the result. */
const ofLoop = /^(taps|padded|uneven|runs\d+)$/

function withoutEnd(key: string): string {
  const [operation, geometry, flags, scheme] = key.split(':')
  const kept = flags.split(',').filter((flag) => ofLoop.test(flag))
  return [operation, geometry, kept.join(), scheme].join(':')
}

/** The counts of a convolution's program by its key. Throws Error where there are none. */
export function countsOf(key: string, code: MachineCode): Found {
  for (const one of [key, withoutEnd(key)]) {
    const counts = counted.get(`${one} ${code}`)
    if (counts) return { counts, key: one }
  }
  throw new Error(`the machine code of ${key} for ${code} is not counted; bench/model/README.md says how to count it`)
}
