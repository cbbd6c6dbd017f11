/** A model in words. */
import type { FileModel } from '../protocol/weights-report.ts'

/** `bottleneck blocks 3,4,6,3, width 64, imagenet stem, 1000 classes` */
export const modelText = ({ blocks, width, block, stem, classes }: FileModel): string =>
  `${block} blocks ${blocks.join(',')}, width ${width}, ${stem} stem, ${classes === null ? 'no classifier' : `${classes} classes`}`
