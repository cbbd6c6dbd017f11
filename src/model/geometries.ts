/** The sizes of a network's convolutions and classifier for an input size and a number of images. */
import type { Geometry } from '../gpu/kernels/conv/geometry.ts'
import type { Architecture, ConvSpec } from './resnet.ts'

/** Output size of a convolution with symmetric padding of (kernel − 1) / 2. */
const outSize = (size: number, stride: number) => Math.floor((size - 1) / stride) + 1

const convGeometry = (
  { kernel, stride, padding, inputs, outputs }: ConvSpec,
  images: number,
  size: number,
): Geometry => ({
  images,
  height: size,
  width: size,
  inputs,
  outHeight: outSize(size, stride),
  outWidth: outSize(size, stride),
  outputs,
  kernel: [kernel, kernel],
  stride: [stride, stride],
  padding: [padding, padding],
})

/**
 * The geometries in the order of the forward pass. The classifier comes last, as a convolution of 1 × 1 images. `channels`: of the
 * images (`imageChannels`).
 */
export function networkGeometries(net: Architecture, inputSize: number, images: number, channels = 3): Geometry[] {
  const found = [convGeometry({ ...net.stem, inputs: channels }, images, inputSize)]
  let size = found[0].outHeight
  if (net.pool) size = outSize(size, 2)
  for (const { convs, downsample } of net.blocks) {
    if (downsample) found.push(convGeometry(downsample, images, size))
    for (const conv of convs) {
      const g = convGeometry(conv, images, size)
      found.push(g)
      size = g.outHeight
    }
  }
  const classifier = { kernel: 1, stride: 1, padding: 0, inputs: net.features, outputs: net.spec.classes }
  return [...found, convGeometry({ ...classifier, name: 'fc', norm: '' }, images, 1)]
}

/** The height and width of each site's output for an input size, by site. */
export function siteSizes(net: Architecture, inputSize: number): Map<string, number> {
  const stem = outSize(inputSize, net.stem.stride)
  let size = net.pool ? outSize(stem, 2) : stem
  return new Map(
    net.blocks.map(({ site, convs }) => {
      size = convs.reduce((before, { stride }) => outSize(before, stride), size)
      return [site.name, size]
    }),
  )
}
