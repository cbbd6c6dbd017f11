import type { Geometry, Operation } from './conv/geometry.ts'

/** One of a convolution's three operations on one shape. */
export interface Work {
  readonly operation: Operation
  readonly geometry: Geometry
  /** How often a network computes it; once by default. */
  readonly uses?: number
}
