import type { QuadScheme, RegisterScheme, TileScheme, VectorQuadScheme } from '../../schemes.ts'
import type { Product, Statements } from '../product.ts'
import { quadCode } from './quad.ts'
import { registerCode } from './register.ts'
import { tileCode } from './tile.ts'
import { vectorQuadCode } from './vector-quad.ts'

/** A scheme whose code comes from a `Product`. */
export type PlainScheme = QuadScheme | VectorQuadScheme | RegisterScheme | TileScheme

/** The code of a product in a scheme, and the WGSL extensions that it needs. */
export function productCode(product: Product, scheme: PlainScheme): { code: Statements; enable?: readonly string[] } {
  if (scheme.kind === 'quad') return { code: quadCode(product, scheme), enable: ['subgroups'] }
  if (scheme.kind === 'vector-quad') return { code: vectorQuadCode(product, scheme), enable: ['subgroups'] }
  return { code: scheme.kind === 'register' ? registerCode(product, scheme) : tileCode(product, scheme) }
}
