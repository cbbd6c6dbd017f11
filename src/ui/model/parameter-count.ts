/** The number of trainable parameters and of units of a configured ResNet. */
import type { RunConfig } from '../../config/config.ts'

const convolution = (inputs: number, outputs: number, size: number) => inputs * outputs * size * size
/** Weight and bias of batch norm. */
const norm = (channels: number) => 2 * channels
const unit = (inputs: number, outputs: number, size: number) => convolution(inputs, outputs, size) + norm(outputs)

function block(kind: RunConfig['model']['block'], inputs: number, width: number): number {
  if (kind === 'basic') return unit(inputs, width, 3) + unit(width, width, 3)
  return unit(inputs, width, 1) + unit(width, width, 3) + unit(width, 4 * width, 1)
}

/**
 * Counts the parameters of the stem, the blocks with their projections, and the classifier (He et al. 2016; v1.5 has as
 * many). ResNet-50 with 1000 classes has 25,557,032.
 */
export function parameterCount({ blocks, width, block: kind, stem }: RunConfig['model'], classes: number): number {
  const expansion = kind === 'bottleneck' ? 4 : 1
  let inputs = width
  let total = unit(3, width, stem === 'imagenet' ? 7 : 3)
  for (const [module, depth] of blocks.entries()) {
    const inner = width * 2 ** module
    const outputs = inner * expansion
    for (let i = 0; i < depth; i++) {
      const projects = i === 0 && (module > 0 || inputs !== outputs)
      total += block(kind, inputs, inner) + (projects ? unit(inputs, outputs, 1) : 0)
      inputs = outputs
    }
  }
  return total + inputs * classes + classes
}

/** Units over all sites; ResNet-50 has 15,104. */
export const unitCount = ({ blocks, width, block: kind }: RunConfig['model']): number =>
  blocks.reduce((sum, depth, module) => sum + depth * width * 2 ** module * (kind === 'bottleneck' ? 4 : 1), 0)
