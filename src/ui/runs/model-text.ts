/** A model in a few words. */
import type { RunConfig } from '../../config/config.ts'

const known: Readonly<Record<string, string>> = {
  'bottleneck 3,4,6,3': 'ResNet-50',
  'bottleneck 3,4,23,3': 'ResNet-101',
  'basic 2,2,2,2': 'ResNet-18',
  'basic 3,4,6,3': 'ResNet-34',
}

/** `ResNet-50`, or `basic 1,1,1,1`; with the width where it is not 64. */
export function modelText({ block, blocks, width }: RunConfig['model']): string {
  const shape = `${block} ${blocks.join(',')}`
  const name = known[shape] ?? shape
  return width === 64 ? name : `${name}, width ${width}`
}
