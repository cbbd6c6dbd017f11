/** What a dispatch of a convolution computes, read from its program's key, its workgroups and its bytes. */
import type { PlannedCommand } from '../../src/gpu/compile/planned.ts'
import { type Operation, operations } from '../../src/gpu/kernels/conv/geometry.ts'
import { hasPanels, type PanelScheme, schemeName, schemes } from '../../src/gpu/kernels/schemes.ts'

export interface Convolution {
  readonly operation: Operation
  /** `1x1`, `3x3`, `7x7` */
  readonly kernel: string
  readonly scheme: PanelScheme
  readonly workgroups: number
  /** Panels that a workgroup multiplies: the mean where classes of pixels see different taps. */
  readonly panels: number
}

const pattern = /^conv-(?<operation>[a-z-]+):k(?<kernel>\d+x\d+)s(?<down>\d+)x(?<across>\d+)p[^:]*:[^:]*:(?<scheme>.+)$/

/** Null for another program. Throws Error for a convolution without panels, as only software adapters run. */
export function convolutionOf({ name, workgroups, flops, resultBytes }: PlannedCommand): Convolution | null {
  const parts = pattern.exec(name)?.groups
  if (!parts) return null
  const operation = operations.find((one) => one === parts.operation)
  const scheme = schemes.find((one) => schemeName(one) === parts.scheme)
  if (!operation || !scheme || !hasPanels(scheme))
    throw new Error(`no model of ${name}: it must be a scheme with panels`)
  const classes = operation === 'input-gradient' ? Number(parts.down) * Number(parts.across) : 1
  const [x, y, z] = workgroups
  const splits = z / classes
  // Each split writes a whole result in f32.
  const results = resultBytes / 4 / splits
  const depth = flops / 2 / results / splits
  const panels = depth / scheme.depth
  return {
    operation,
    kernel: parts.kernel,
    scheme,
    workgroups: x * y * z,
    panels: classes > 1 ? panels : Math.ceil(panels),
  }
}
