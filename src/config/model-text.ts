/** Models in words. */
import type { FileModel } from '../protocol/weights-report.ts'
import type { RunConfig } from './config.ts'

/** `bottleneck blocks 3,4,6,3, width 64, imagenet stem, 1000 classes` */
export const modelText = ({ blocks, width, block, stem, classes }: FileModel): string =>
  `${block} blocks ${blocks.join(',')}, width ${width}, ${stem} stem, ${classes === null ? 'no classifier' : `${classes} classes`}`

const knownModels: Readonly<Record<string, string>> = {
  'bottleneck 3,4,6,3': 'ResNet-50',
  'bottleneck 3,4,23,3': 'ResNet-101',
  'basic 2,2,2,2': 'ResNet-18',
  'basic 3,4,6,3': 'ResNet-34',
}

/** `ResNet-50`, or `basic 1,1,1,1`; with the width where it is not 64. */
export function modelName({ block, blocks, width }: RunConfig['model']): string {
  const shape = `${block} ${blocks.join(',')}`
  const name = knownModels[shape] ?? shape
  return width === 64 ? name : `${name}, width ${width}`
}
