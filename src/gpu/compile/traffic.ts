/** The bytes that a step's dispatches read and write, by class of program. */
import { bytesOf, type Command } from './command.ts'

export interface Traffic {
  /** The programs of the class: `batch-norm-apply`, `conv-forward`, `copy`, `tfjs`. */
  readonly name: string
  readonly dispatches: number
  /** A binding counts as often as the program reads the whole of it from memory; what a cache returns again does not count. */
  readonly readBytes: number
  readonly writtenBytes: number
}

/**
 * A program's name without its variant: `batch-norm-apply` of `batch-norm-apply-4-true-false`, `conv-forward` of `conv-forward:k1x1`.
 * tfjs's programs have other names, which are short and without meaning in its published form.
 */
export function classOf(label: string): string {
  const [name] = label.split(/[:\d]|-(?:true|false|\d)/)
  return /^[a-z]+(-[a-z]+)*$/.test(name) ? name : 'tfjs'
}

/** The traffic of the commands in `order` by class, the largest first. */
export function trafficOf(commands: readonly Command[], order: readonly number[]): Traffic[] {
  const classes = new Map<string, Traffic>()
  for (const c of order) {
    const command = commands[c]
    const name = command.kind === 'copy' ? 'copy' : classOf(command.pipeline.label)
    const { read, written } = bytesOf(command)
    const before = classes.get(name) ?? { name, dispatches: 0, readBytes: 0, writtenBytes: 0 }
    classes.set(name, {
      name,
      dispatches: before.dispatches + 1,
      readBytes: before.readBytes + read,
      writtenBytes: before.writtenBytes + written,
    })
  }
  const bytes = ({ readBytes, writtenBytes }: Traffic) => readBytes + writtenBytes
  return [...classes.values()].sort((a, b) => bytes(b) - bytes(a))
}
