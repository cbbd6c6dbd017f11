/** Single outputs of a convolution's operations in float64, by the definition of the convolution. */
import type { Geometry, Operation } from '../conv/geometry.ts'

/** Value `i` (row-major) of each of the two inputs. */
export interface InputValues {
  readonly a: (i: number) => number
  readonly b: (i: number) => number
}

/** Row-major index → the four coordinates in a tensor whose last three sizes are given. */
function coordinates(index: number, [second, third, fourth]: readonly [number, number, number]) {
  const rest = Math.floor(index / fourth)
  const outer = Math.floor(rest / third)
  return [Math.floor(outer / second), outer % second, rest % third, index % fourth] as const
}

/** Σ over kernel taps and input channels of image · filter. */
function forward(g: Geometry, index: number, { a, b }: InputValues): number {
  const [n, oy, ox, o] = coordinates(index, [g.outHeight, g.outWidth, g.outputs])
  let sum = 0
  for (let ky = 0; ky < g.kernel[0]; ky++) {
    const y = oy * g.stride[0] + ky - g.padding[0]
    if (y < 0 || y >= g.height) continue
    for (let kx = 0; kx < g.kernel[1]; kx++) {
      const x = ox * g.stride[1] + kx - g.padding[1]
      if (x < 0 || x >= g.width) continue
      const image = ((n * g.height + y) * g.width + x) * g.inputs
      const filter = (ky * g.kernel[1] + kx) * g.inputs * g.outputs + o
      for (let i = 0; i < g.inputs; i++) sum += a(image + i) * b(filter + i * g.outputs)
    }
  }
  return sum
}

/** The output coordinate that a tap maps to `at`, or −1. */
function outputAt(at: number, tap: number, stride: number, padding: number, size: number): number {
  const out = (at + padding - tap) / stride
  return Number.isInteger(out) && out >= 0 && out < size ? out : -1
}

/** Σ over kernel taps and output channels of output gradient · filter. */
function inputGradient(g: Geometry, index: number, { a, b }: InputValues): number {
  const [n, y, x, i] = coordinates(index, [g.height, g.width, g.inputs])
  let sum = 0
  for (let ky = 0; ky < g.kernel[0]; ky++) {
    const oy = outputAt(y, ky, g.stride[0], g.padding[0], g.outHeight)
    if (oy < 0) continue
    for (let kx = 0; kx < g.kernel[1]; kx++) {
      const ox = outputAt(x, kx, g.stride[1], g.padding[1], g.outWidth)
      if (ox < 0) continue
      const gradient = ((n * g.outHeight + oy) * g.outWidth + ox) * g.outputs
      const filter = ((ky * g.kernel[1] + kx) * g.inputs + i) * g.outputs
      for (let o = 0; o < g.outputs; o++) sum += a(gradient + o) * b(filter + o)
    }
  }
  return sum
}

/** Σ over images and output pixels of image · output gradient. */
function filterGradient(g: Geometry, index: number, { a, b }: InputValues): number {
  const [ky, kx, i, o] = coordinates(index, [g.kernel[1], g.inputs, g.outputs])
  let sum = 0
  for (let n = 0; n < g.images; n++) {
    for (let oy = 0; oy < g.outHeight; oy++) {
      const y = oy * g.stride[0] + ky - g.padding[0]
      if (y < 0 || y >= g.height) continue
      for (let ox = 0; ox < g.outWidth; ox++) {
        const x = ox * g.stride[1] + kx - g.padding[1]
        if (x < 0 || x >= g.width) continue
        const image = ((n * g.height + y) * g.width + x) * g.inputs + i
        sum += a(image) * b(((n * g.outHeight + oy) * g.outWidth + ox) * g.outputs + o)
      }
    }
  }
  return sum
}

const definitions = { forward, 'input-gradient': inputGradient, 'filter-gradient': filterGradient }

/** Output `index` (row-major) of an operation. Cost: `termsOf` multiplications. */
export const exactOutput = (operation: Operation, g: Geometry, index: number, inputs: InputValues): number =>
  definitions[operation](g, index, inputs)

/** The most products that one output of an operation adds up. */
export function termsOf(operation: Operation, g: Geometry): number {
  if (operation === 'filter-gradient') return g.images * g.outHeight * g.outWidth
  return g.kernel[0] * g.kernel[1] * (operation === 'forward' ? g.inputs : g.outputs)
}
