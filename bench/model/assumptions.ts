/** What the model of a step's time assumes. Everything else is counted: bytes, arithmetic, workgroups and machine code. */

/** The GPU that the model describes. */
export interface Machine {
  /** Floating point operations a second, in f32, without matrix units. */
  readonly flops: number
  /** Bytes a second. */
  readonly bandwidth: number
  /** The machine code whose instructions were counted. */
  readonly code: MachineCode
}

export const machineCodes = ['sm_86', 'navi21', 'navi31'] as const
export type MachineCode = (typeof machineCodes)[number]

/** Share of the memory's bandwidth that a program reaches. */
export const bandwidthShare = 0.85

/** Share of its time in which a convolution does what limits it, instructions or accesses to workgroup memory. The rest is waiting. */
export const overlap = 0.87

/** Seconds between a dispatch and the next one, which depends on it. */
export const gap = 3e-6

/** Seconds from a load to its value. */
export const latency = 0.6e-6

interface Family {
  /** As WebGPU names the adapter; decides the schemes of convolutions. */
  readonly vendor: string
  readonly architecture: string
  /** Whether loads, stores, barriers and jumps take the place of an FMA, as on NVIDIA's GPUs, which start one instruction a cycle. */
  readonly startsOne: boolean
  /** Places of an FMA that another vector instruction takes. RDNA3 reaches its peak with two FMAs a cycle, but not of the others. */
  readonly other: number
  /** FMAs that each thread of a wave could do in a cycle of workgroup memory. */
  readonly fmaPerCycle: number
}

/**
 * In a cycle that moves 128 bytes of workgroup memory, a multiprocessor of NVIDIA does 128 FMAs and a compute unit 64 (RDNA2) or 128
 * (RDNA3). A wave has 32 threads on NVIDIA's GPUs and 64 on the others.
 */
export const families: Readonly<Record<MachineCode, Family>> = {
  sm_86: { vendor: 'nvidia', architecture: 'ampere', startsOne: true, other: 1, fmaPerCycle: 4 },
  navi21: { vendor: 'amd', architecture: 'rdna-2', startsOne: false, other: 1, fmaPerCycle: 1 },
  navi31: { vendor: 'amd', architecture: 'rdna-3', startsOne: false, other: 2, fmaPerCycle: 2 },
}

/**
 * Loads of 16 bytes that a thread has in flight in the programs of batch norm, read from machine code (docs/performance.md, "Batch
 * norm and other sums"); the others are taken to have enough.
 */
export const loadsInFlight: Readonly<Record<string, number>> = {
  'batch-norm-moments': 4,
  'batch-norm-statistics': 8,
  'batch-norm-apply': 9,
  'batch-norm-gradient-sums': 13,
  'batch-norm-gradient-totals': 8,
  'batch-norm-gradient-apply': 9,
}
