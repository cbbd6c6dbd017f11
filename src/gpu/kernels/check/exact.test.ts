import { expect, it } from 'vitest'
import { type Geometry, operations } from '../conv/geometry.ts'
import { shapesOf } from '../conv/operations.ts'
import { exactOutput, type Inputs } from './exact.ts'

const size = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1)

/** A table that is shorter than the tensors, so that every index passes its end. */
const inputs: Inputs = {
  a: { table: Float32Array.from({ length: 13 }, (_, i) => Math.fround(Math.sin(1 + 3 * i))), shift: 5 },
  b: { table: Float32Array.from({ length: 13 }, (_, i) => Math.fround(Math.cos(2 + 5 * i))), shift: 11 },
}
const value = ({ table, shift }: Inputs['a'], i: number) => table[(i + shift) % table.length]

/** The products of the definition: each output pixel with each tap within the image, and each pair of channels. */
function* products(g: Geometry) {
  for (let n = 0; n < g.images; n++)
    for (let oy = 0; oy < g.outHeight; oy++)
      for (let ox = 0; ox < g.outWidth; ox++)
        for (let ky = 0; ky < g.kernel[0]; ky++)
          for (let kx = 0; kx < g.kernel[1]; kx++) {
            const [y, x] = [oy * g.stride[0] + ky - g.padding[0], ox * g.stride[1] + kx - g.padding[1]]
            if (y < 0 || y >= g.height || x < 0 || x >= g.width) continue
            for (let i = 0; i < g.inputs; i++)
              for (let o = 0; o < g.outputs; o++)
                yield {
                  image: ((n * g.height + y) * g.width + x) * g.inputs + i,
                  filter: ((ky * g.kernel[1] + kx) * g.inputs + i) * g.outputs + o,
                  output: ((n * g.outHeight + oy) * g.outWidth + ox) * g.outputs + o,
                }
          }
}

const shape = (height: number, width: number, kernel: [number, number], stride: [number, number]): Geometry => {
  const padding: [number, number] = [(kernel[0] - 1) >> 1, (kernel[1] - 1) >> 1]
  const out = (at: 0 | 1, n: number) => Math.floor((n + 2 * padding[at] - kernel[at]) / stride[at]) + 1
  const outs = { outHeight: out(0, height), outWidth: out(1, width) }
  return { images: 2, height, width, inputs: 3, outputs: 4, kernel, stride, padding, ...outs }
}

it.each([
  shape(5, 6, [3, 3], [2, 2]),
  shape(4, 7, [3, 5], [1, 2]),
  shape(9, 8, [7, 7], [2, 2]),
  shape(3, 2, [1, 1], [2, 1]),
])('every output is the sum of the definition (%j)', (g) => {
  const places = {
    forward: ['image', 'filter', 'output'],
    'input-gradient': ['output', 'filter', 'image'],
    'filter-gradient': ['image', 'output', 'filter'],
  } as const
  for (const operation of operations) {
    const [a, b, to] = places[operation]
    const sums = new Float64Array(size(shapesOf(operation, g).output))
    for (const product of products(g)) sums[product[to]] += value(inputs.a, product[a]) * value(inputs.b, product[b])
    for (const [i, sum] of sums.entries()) expect(exactOutput(operation, g, i, inputs)).toBeCloseTo(sum, 10)
  }
})
