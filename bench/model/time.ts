/** The modelled time of a command on a GPU. */
import type { PlannedCommand } from '../../src/gpu/compile/planned.ts'
import { classOf } from '../../src/gpu/compile/traffic.ts'
import { threadsOf } from '../../src/gpu/kernels/schemes.ts'
import { bandwidthShare, families, gap, latency, loadsInFlight, type Machine, overlap } from './assumptions.ts'
import { type Convolution, convolutionOf } from './convolution.ts'
import type { Counts } from './counts.ts'

/** What the time of a command is due to. */
export const limits = ['arithmetic', 'workgroup memory', 'bandwidth', 'latency'] as const

export interface ModelledTime {
  /** With the gap to the next dispatch. */
  readonly seconds: number
  readonly limit: (typeof limits)[number]
  /** Share of the machine's peak that a convolution reaches; null for others. */
  readonly share: number | null
}

/** Products that a thread of a vector scheme adds in one go (`sumLength` in `schemes/vector.ts`). */
const sumLength = 512

/** Places of an FMA that a thread's instructions take. */
function placesOf({ scheme, panels }: Convolution, { panel, sum, once }: Counts, { code }: Machine): number {
  const { other, startsOne } = families[code]
  const places = (mix: Counts['once']) => other * mix.vector + (startsOne ? mix.rest : 0)
  const sums = Math.max(1, Math.ceil((panels * scheme.depth) / sumLength))
  return places(once) + sums * places(sum) + panels * (panel.fma + places(panel))
}

/** Seconds that a convolution's instructions and its accesses to workgroup memory need on the whole machine. */
function computeTimes(convolution: Convolution, counts: Counts, machine: Machine) {
  const { scheme, workgroups, panels } = convolution
  const { fmaPerCycle } = families[machine.code]
  const all = workgroups * threadsOf(scheme)
  const fmaASecond = machine.flops / 2
  return {
    arithmetic: (all * placesOf(convolution, counts, machine)) / fmaASecond / overlap,
    // A wave's accesses take so many cycles, in each of which the machine could do `fmaPerCycle` FMAs for the wave's threads.
    'workgroup memory': (all * panels * counts.memoryCycles * fmaPerCycle) / fmaASecond / overlap,
  }
}

function latencyOf({ name, workgroups: [x, y, z], threads, readBytes }: PlannedCommand): number {
  const loads = loadsInFlight[classOf(name)]
  const rounds = loads === undefined ? 1 : readBytes / (16 * loads * x * y * z * threads)
  return latency * Math.max(1, rounds)
}

/** `countsOf` gives the counts of a convolution's program by its key. */
export function timeOf(command: PlannedCommand, machine: Machine, countsOf: (key: string) => Counts): ModelledTime {
  const convolution = convolutionOf(command)
  const bytes = command.readBytes + command.writtenBytes
  const times: Partial<Record<(typeof limits)[number], number>> = {
    bandwidth: bytes / (machine.bandwidth * bandwidthShare),
    latency: latencyOf(command),
    ...(convolution ? computeTimes(convolution, countsOf(command.name), machine) : {}),
  }
  const timeBy = (limit: (typeof limits)[number]) => times[limit] ?? 0
  const limit = limits.reduce((longest, next) => (timeBy(next) > timeBy(longest) ? next : longest))
  const busy = timeBy(limit)
  return { seconds: busy + gap, limit, share: convolution ? command.flops / machine.flops / busy : null }
}
