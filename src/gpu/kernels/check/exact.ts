/** Single outputs of a convolution's operations in float64, by the definition of the convolution. */
import type { Geometry, Operation } from '../conv/geometry.ts'

/** Values that repeat: value `i` (row-major) is `table[(i + shift) mod length]`. */
export interface Repeating {
  readonly table: Float32Array
  readonly shift: number
}

/** The two inputs of a work. */
export interface Inputs {
  readonly a: Repeating
  readonly b: Repeating
}

/** Σ a[fromA + n · stepA] · b[fromB + n · stepB] over `count` products. */
function dot({ a, b }: Inputs, fromA: number, stepA: number, fromB: number, stepB: number, count: number): number {
  const [{ length: lengthA }, { length: lengthB }] = [a.table, b.table]
  const [overA, overB] = [stepA % lengthA, stepB % lengthB]
  let [atA, atB, sum] = [(fromA + a.shift) % lengthA, (fromB + b.shift) % lengthB, 0]
  for (let n = 0; n < count; n++) {
    sum += a.table[atA] * b.table[atB]
    atA += overA
    if (atA >= lengthA) atA -= lengthA
    atB += overB
    if (atB >= lengthB) atB -= lengthB
  }
  return sum
}

/** Row-major index → the four coordinates in a tensor whose last three sizes are given. */
function coordinates(index: number, [second, third, fourth]: readonly [number, number, number]) {
  const rest = Math.floor(index / fourth)
  const outer = Math.floor(rest / third)
  return [Math.floor(outer / second), outer % second, rest % third, index % fourth] as const
}

/** Σ over kernel taps and input channels of image · filter. */
function forward(g: Geometry, index: number, inputs: Inputs): number {
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
      sum += dot(inputs, image, 1, filter, g.outputs, g.inputs)
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
function inputGradient(g: Geometry, index: number, inputs: Inputs): number {
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
      sum += dot(inputs, gradient, 1, filter, 1, g.outputs)
    }
  }
  return sum
}

/** The first output coordinate whose tap lies within the image, and the number of those that follow. */
function outputsOf(tap: number, stride: number, padding: number, size: number, outSize: number) {
  const first = Math.max(0, Math.ceil((padding - tap) / stride))
  const last = Math.min(outSize - 1, Math.floor((size - 1 + padding - tap) / stride))
  return { first, count: Math.max(0, last - first + 1) }
}

/** Σ over images and output pixels of image · output gradient. */
function filterGradient(g: Geometry, index: number, inputs: Inputs): number {
  const [ky, kx, i, o] = coordinates(index, [g.kernel[1], g.inputs, g.outputs])
  const rows = outputsOf(ky, g.stride[0], g.padding[0], g.height, g.outHeight)
  const columns = outputsOf(kx, g.stride[1], g.padding[1], g.width, g.outWidth)
  const x = columns.first * g.stride[1] + kx - g.padding[1]
  let sum = 0
  for (let n = 0; n < g.images; n++) {
    for (let oy = rows.first; oy < rows.first + rows.count; oy++) {
      const y = oy * g.stride[0] + ky - g.padding[0]
      const image = ((n * g.height + y) * g.width + x) * g.inputs + i
      const gradient = ((n * g.outHeight + oy) * g.outWidth + columns.first) * g.outputs + o
      sum += dot(inputs, image, g.stride[1] * g.inputs, gradient, g.outputs, columns.count)
    }
  }
  return sum
}

const definitions = { forward, 'input-gradient': inputGradient, 'filter-gradient': filterGradient }

/** Output `index` (row-major) of an operation. Cost: `termsOf` multiplications. */
export const exactOutput = (operation: Operation, g: Geometry, index: number, inputs: Inputs): number =>
  definitions[operation](g, index, inputs)

/** The most products that one output of an operation adds up. */
export function termsOf(operation: Operation, g: Geometry): number {
  if (operation === 'filter-gradient') return g.images * g.outHeight * g.outWidth
  return g.kernel[0] * g.kernel[1] * (operation === 'forward' ? g.inputs : g.outputs)
}
