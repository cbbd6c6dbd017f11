/** Compares what a computation demands of an adapter with the limits of a device. */

/** The most that a computation demands, by the limit that it must meet. */
export interface Demand {
  readonly maxBufferSize: number
  readonly maxStorageBufferBindingSize: number
  readonly maxStorageBuffersPerShaderStage: number
  readonly maxComputeInvocationsPerWorkgroup: number
  readonly maxComputeWorkgroupStorageSize: number
  readonly maxComputeWorkgroupsPerDimension: number
}

export type Limit = keyof Demand

export const limitNames = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupStorageSize',
  'maxComputeWorkgroupsPerDimension',
] as const satisfies readonly Limit[]

export type Limits = Readonly<Record<Limit, number>>

/** A demand that a device does not meet. `memory`: the bytes of all buffers together, and the memory budget. */
export interface Excess {
  readonly limit: Limit | 'memory'
  readonly needed: number
  readonly allowed: number
}

/** The limit that a demand exceeds most, in proportion; null when it meets all. */
export function excessOf(demand: Demand, limits: Limits): Excess | null {
  const ratio = (name: Limit) => demand[name] / limits[name]
  const limit = limitNames.reduce((worst, name) => (ratio(name) > ratio(worst) ? name : worst))
  return ratio(limit) > 1 ? { limit, needed: demand[limit], allowed: limits[limit] } : null
}

/** The larger demand at each limit. */
export function largerDemand(a: Demand, b: Demand): Demand {
  const larger: Record<Limit, number> = { ...a }
  for (const name of limitNames) larger[name] = Math.max(larger[name], b[name])
  return larger
}

const mebibyte = 2 ** 20

/** Bytes as MiB: rounded up for what is needed, down for what is allowed, so that the sentence is never absurd. */
const mebibytes = (bytes: number, round: (value: number) => number): string =>
  bytes >= 10 * mebibyte
    ? `${round(bytes / mebibyte).toLocaleString('en-US')} MiB`
    : `${(round((100 * bytes) / mebibyte) / 100).toLocaleString('en-US')} MiB`

const plain = (value: number) => value.toLocaleString('en-US')

const texts: Readonly<Record<Excess['limit'], (needed: number, allowed: number) => string>> = {
  maxBufferSize: (needed, allowed) =>
    `${mebibytes(needed, Math.ceil)} in one buffer; this adapter allows ${mebibytes(allowed, Math.floor)}`,
  maxStorageBufferBindingSize: (needed, allowed) =>
    `${mebibytes(needed, Math.ceil)} in one binding; this adapter allows ${mebibytes(allowed, Math.floor)}`,
  maxStorageBuffersPerShaderStage: (needed, allowed) =>
    `${needed} storage buffers in one program; this adapter allows ${allowed}`,
  maxComputeInvocationsPerWorkgroup: (needed, allowed) =>
    `${needed} threads in one workgroup; this adapter allows ${allowed}`,
  maxComputeWorkgroupStorageSize: (needed, allowed) =>
    `${plain(needed)} bytes of workgroup memory; this adapter allows ${plain(allowed)}`,
  maxComputeWorkgroupsPerDimension: (needed, allowed) =>
    `${plain(needed)} workgroups in one dimension; this adapter allows ${plain(allowed)}`,
  memory: (needed, allowed) =>
    `${mebibytes(needed, Math.ceil)} of GPU memory; the memory budget is ${mebibytes(allowed, Math.floor)}`,
}

/** Limits that no size of a batch changes. */
const fixed: ReadonlySet<Excess['limit']> = new Set([
  'maxStorageBuffersPerShaderStage',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupStorageSize',
])

/** Whether a smaller batch can meet the limit. */
export const dependsOnSize = ({ limit }: Pick<Excess, 'limit'>): boolean => !fixed.has(limit)

/** What to do where no batch size is known to fit. */
export const generalAdvice = (excess: Excess): string =>
  dependsOnSize(excess) ? 'use a smaller micro-batch' : 'no setting changes that; use another adapter'

/** `512 MiB in one binding; this adapter allows 128 MiB` */
export const excessText = ({ limit, needed, allowed }: Excess): string => texts[limit](needed, allowed)

/** A computation that the adapter cannot hold or run. Thrown before its first dispatch. */
export class LimitError extends Error {
  override name = 'LimitError'
  constructor(
    /** What needs it, as the start of a sentence: `A training step in micro-batches of 512`. */
    readonly what: string,
    readonly excess: Excess,
    /** What to do: the end of the sentence. */
    readonly advice = generalAdvice(excess),
    /** The largest micro-batch that fits, where it is known. */
    readonly microBatchSize: number | null = null,
    /** Whether recomputation makes room. */
    readonly recompute = false,
  ) {
    super(`${what} needs ${excessText(excess)}: ${advice}`)
  }
}
