/** The classes of programs that the model sums up. */
import { classOf } from '../../src/gpu/compile/traffic.ts'

const convolution = /^conv-([a-z-]+):k(\d+x\d+)/

/** `1x1 forward`, `stem filter gradient`, `batch norm moments`, `sgd`, `tfjs`, from a program's key. */
export function modelClass(name: string): string {
  if (name === 'copy') return 'copies'
  const [, operation, kernel] = convolution.exec(name) ?? []
  if (!operation)
    return classOf(name)
      .replace(/^batch-norm-/, 'batch norm ')
      .replaceAll('-', ' ')
  return `${kernel === '7x7' ? 'stem' : kernel} ${operation.replace('-', ' ')}`
}
