/** Queues commands of the page that must take effect in the order of their arrival. */
import { createSerialQueue } from '../serial-queue.ts'

export type CommandQueue = (work: () => void, ready?: Promise<void>) => void

/** A queue that runs each command after the one before it, and not before its `ready` resolves. */
export function createCommandQueue(): CommandQueue {
  const queue = createSerialQueue()
  return (work, ready = Promise.resolve()) => void queue(() => ready.then(work))
}
